/** Functions that return promises: truth of a promise keeps every record, and its JSON is `{}`, so neither may pass for a result. */
import { type KStream, serdes, StreamsBuilder } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';

// The types refuse most of these; JavaScript does not hear them.
const promised = (async () => false) as never;

test.each<[string, (stream: KStream<string, string>) => unknown]>([
  ['filter', (s) => s.filter(promised)],
  ['filterNot', (s) => s.filterNot(promised)],
  ['map', (s) => s.map(promised)],
  ['mapValues', (s) => s.mapValues(promised)],
  ['selectKey', (s) => s.selectKey(promised)],
  ['flatMap', (s) => s.flatMap(promised)],
  ['flatMapValues', (s) => s.flatMapValues(promised)],
  ['split', (s) => s.split({ some: promised })],
  ['groupBy', (s) => s.groupBy(promised).count()],
  ['aggregate', (s) => s.groupByKey().aggregate(() => '', promised)],
  ['reduce', (s) => s.groupByKey().reduce(promised)],
  ['filter of a table', (s) => s.toTable().filter(promised)],
  ['mapValues of a table', (s) => s.toTable().mapValues(promised, { store: { name: 'mapped' } })],
])('%s refuses a promise', (_what, operation) => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  operation(builder.stream<string, string>('in'));
  using driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() });
  // A reducer is called for the second value of a key.
  const pipe = (): void =>
    input.pipeKeyValues([
      { key: 'k', value: 'a' },
      { key: 'k', value: 'b' },
    ]);
  expect(pipe).toThrow(expect.objectContaining({ code: 'MR_ASYNC_RESULT' }));
});
