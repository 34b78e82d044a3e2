/** What JavaScript forgets to give to topics of a driver, and headers that are text. */
import { serdes, StreamsBuilder } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';

function newDriver(): TopologyTestDriver {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.stream('a').to('b');
  return new TopologyTestDriver(builder.build());
}

test.each<[string, unknown, RegExp]>([
  ['no options', undefined, /MR_ARGUMENT_INVALID.*'a'\) needs a key serde/],
  ['no serdes', {}, /needs a key serde/],
  ['no value serde', { key: serdes.string() }, /needs a value serde/],
  ['a serde that is not made', { key: serdes.string, value: serdes.string() }, /needs a key serde: call the function/],
])('%s are refused', (_what, options, message) => {
  using driver = newDriver();
  expect(() => driver.createInputTopic('a', options as never)).toThrow(message);
  expect(() => driver.createOutputTopic('a', options as never)).toThrow(message);
});

test('headers that are text are piped as UTF-8', () => {
  using driver = newDriver();
  const text = { key: serdes.string(), value: serdes.string() };
  const headers = [{ key: 'h', value: 'text' }] as never;
  driver.createInputTopic('a', text).pipeInput({ value: 'v', headers });
  const [header] = driver.createOutputTopic('b', text).readRecord().headers;
  expect([header?.key, new TextDecoder().decode(header?.value ?? undefined)]).toEqual(['h', 'text']);
});
