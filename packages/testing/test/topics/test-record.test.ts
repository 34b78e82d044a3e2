/** What `pipeInput` takes for a record and what for a bare value. */
import { serdes, StreamRecord, StreamsBuilder } from '@millrace/core';
import { memory } from '@millrace/state/memory';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { TopologyTestDriver } from '../../src/index.ts';
import { isInputRecord, type OutputRecord } from '../../src/topics/test-record.ts';

describe('an input', () => {
  it.each<[input: unknown, isRecord: boolean]>([
    [{ value: 1 }, true],
    [{ key: 'k', value: null }, true],
    [{ key: 'k', value: 1, timestamp: 5, headers: [], partition: 2 }, true],
    [{ value: 1, extra: 2 }, true],
    [StreamRecord.of({ key: 'k', value: 1, timestamp: 5 }), true],
    [{ key: 'k' }, false],
    [{ total: 3 }, false],
    [['value'], false],
    ['text', false],
    [7, false],
    [null, false],
  ])('%j is a record: %s', (input, isRecord) => {
    expect(isInputRecord<unknown, unknown>(input)).toBe(isRecord);
  });
});

describe('what is no record', () => {
  const text = { key: serdes.string(), value: serdes.json() };
  const neither = (got: string): RegExp =>
    new RegExp(`A record for topic in must have a key or a value, as in \\{ key, value \\}, got ${got}\\.`);
  const refused: readonly (readonly [what: string, record: unknown, message: RegExp])[] = [
    ['a pair', ['a', 'b'], neither('an array')],
    ['a map', new Map([['key', 'a']]), neither('an object with neither')],
    ['an object of other fields', { kee: 'a', val: 'b' }, neither('an object with neither')],
    ['text', 'a', neither('a string')],
    ['null', null, neither('null')],
    [
      'a timestamp with a slip',
      { key: 'a', value: 'b', timestmap: 5 },
      /no option timestmap of a record for topic in .*Did you mean timestamp\?/,
    ],
    ['a key with a slip', { kee: 'a', value: 'b' }, /no option kee .*Did you mean key\?/],
    ['headers with a slip', { value: 'b', header: [] }, /no option header .*Did you mean headers\?/],
    ['a field that no record has', { value: 'b', quux: 1 }, /The options are key, value, timestamp/],
  ];

  it.each(refused)('is refused in a list: %s', (_what, record, message) => {
    const builder = new StreamsBuilder(text);
    builder.stream('in').to('out');
    using driver = new TopologyTestDriver(builder.build());
    const input = driver.createInputTopic('in', text);
    const records = [{ key: 'k', value: 'first' }, record] as never;
    const error = expect.objectContaining({ code: 'MR_ARGUMENT_INVALID', message: expect.stringMatching(message) as string });
    expect(() => input.pipeRecords(records)).toThrow(error);
    expect(() => input.pipeKeyValues(records)).toThrow(error);
    expect(() => input.pipeKeyValues(records, { startMs: 5 })).toThrow(error);
    expect(driver.createOutputTopic('out', text).readValuesToList()).toEqual(['first', 'first', 'first']);
  });

  it.each(refused.slice(5))('is refused as an input: %s', async (_what, record, message) => {
    const builder = new StreamsBuilder(text);
    builder.stream('in').to('out');
    const topology = builder.build();
    using driver = new TopologyTestDriver(topology);
    expect(() => driver.createInputTopic('in', text).pipeInput(record as never)).toThrow(message);
    await using opened = await TopologyTestDriver.open(topology, { state: memory() });
    await expect(opened.createInputTopic('in', text).pipeInput(record as never)).rejects.toThrow(message);
  });
});

it('what a topology wrote, and the record of a processor, can be piped', () => {
  const text = { key: serdes.string(), value: serdes.string() };
  const builder = new StreamsBuilder(text);
  builder.stream('in').to('out');
  using driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('in', text);
  const output = driver.createOutputTopic('out', text);
  const headers = [{ key: 'h', value: null }];
  input.pipeInput({ key: 'k', value: 'v', timestamp: 7, headers });
  const written = output.readRecord();
  input.pipeInput(written);
  input.pipeRecords([written, StreamRecord.of(written)]);
  input.pipeInput(StreamRecord.of(written));
  input.pipeKeyValues([StreamRecord.of(written)], { startMs: 7 });
  const copies = output.readRecordsToList();
  expect(copies).toEqual([1, 2, 3, 4, 5].map((offset) => ({ key: 'k', value: 'v', timestamp: 7, headers, partition: 0, offset })));
});

describe('types', () => {
  interface Order {
    readonly total: number;
  }
  interface Reading {
    readonly sensor: string;
    readonly value: number;
  }

  function open() {
    const builder = new StreamsBuilder();
    builder.stream('in', { key: serdes.string(), value: serdes.json<Order>() }).to('out');
    builder.stream('readings', { key: serdes.string(), value: serdes.json<Reading>() }).to('out');
    return new TopologyTestDriver(builder.build());
  }

  it('come from the serdes', () => {
    using driver = open();
    const orders = driver.createInputTopic('in', { key: serdes.string(), value: serdes.json<Order>() });
    orders.pipeInput({ total: 3 });
    orders.pipeInput({ key: 'k', value: { total: 4 } });
    orders.pipeInput({ key: null, value: null });
    // @ts-expect-error the value has another type
    expect(() => orders.pipeInput({ key: 'k', value: 7 })).not.toThrow();
    // @ts-expect-error the key has another type
    expect(() => orders.pipeInput({ key: 7, value: { total: 3 } })).toThrow(/MR_SERIALIZATION/);
    const out = driver.createOutputTopic('out', { key: serdes.string(), value: serdes.json<Order>() });
    expectTypeOf(out.readRecord()).toEqualTypeOf<OutputRecord<string, Order>>();
    expectTypeOf(out.readValue()).toEqualTypeOf<Order | null>();
    expectTypeOf(out.readKeyValuesToMap).returns.toEqualTypeOf<Map<string, Order | null>>();
    expectTypeOf(out.readKeyValuesToList).returns.toEqualTypeOf<{ readonly key: string | null; readonly value: Order | null }[]>();
  });

  it('do not let a value pass that would be taken for a record', () => {
    using driver = open();
    const readings = driver.createInputTopic('readings', { key: serdes.string(), value: serdes.json<Reading>() });
    readings.pipeInput({ value: { sensor: 's', value: 3 } });
    readings.pipeValues([{ sensor: 's', value: 4 }]);
    const bare = (): void => {
      // @ts-expect-error it has a property `value`: it must be given as a record
      readings.pipeInput({ sensor: 's', value: 3 });
    };
    expect(bare).toThrow(
      /MR_ARGUMENT_INVALID: there is no option sensor of a record for topic readings \(a value that has a property "value" of its own/,
    );
    expect(driver.createOutputTopic('out', { key: serdes.string(), value: serdes.json<Reading>() }).queueSize).toBe(2);
  });
});
