/** A value that the serde of a store does not write: the error names the store, and what to do. */
import { type KStream, serdes, StreamsBuilder } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, it } from 'vitest';

const one = (): number => 1;

it.each<[what: string, cacheBytes: number, operation: (stream: KStream<string, string>) => unknown, store: RegExp]>([
  ['aggregate', 0, (s) => s.groupByKey().aggregate(one, one), /a serde of the store "KSTREAM-AGGREGATE-STATE-STORE-0000000001"/],
  [
    'aggregate behind a record cache',
    10_000,
    (s) => s.groupByKey().aggregate(one, one, { store: 'totals' }),
    /a serde of the store "totals"/,
  ],
  [
    'cogroup',
    0,
    (s) => s.groupByKey().cogroup(one).aggregate(one),
    /a serde of the store "COGROUPKSTREAM-AGGREGATE-STATE-STORE-0000000001"/,
  ],
  [
    'a processor with two stores',
    0,
    (s) =>
      s.process(
        () => {
          let put: (value: number) => void;
          return {
            init: (context) =>
              void (put = (value) => context.getStateStore<{ put(key: string, value: number): void }>('b').put('k', value)),
            process: () => put(1),
          };
        },
        { stores: ['a', 'b'] },
      ),
    /a serde of one of the stores "a", "b"/,
  ],
])('%s (record cache of %d bytes)', (_what, cacheBytes, operation, store) => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), cacheBytes });
  for (const name of ['a', 'b']) builder.addStateStore({ kind: 'keyValue', name });
  operation(builder.stream<string, string>('in'));
  using driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() });
  const pipe = (): void => input.pipeInput({ key: 'k', value: 'v' });
  const message = new RegExp(`${store.source} does not fit what is put into it; give \`key\` and \`value\` in the options of the store`);
  expect(pipe).toThrow(expect.objectContaining({ code: 'MR_PROCESSING', message: expect.stringMatching(message) as string }));
});

it('a failure of another kind is told as it is', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream<string, string>('in')
    .groupByKey()
    .reduce((_one, value) => {
      throw new TypeError(`no ${value}`);
    });
  using driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() });
  input.pipeInput({ key: 'k', value: 'a' });
  expect(() => input.pipeInput({ key: 'k', value: 'b' })).toThrow(/failed on a record \(no b\)$/);
});

it('a named group that is cogrouped and aggregated besides is refused with a remedy, as in Kafka Streams', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  const group = builder
    .stream<string, string>('in')
    .selectKey((value) => value)
    .groupByKey({ name: 'G' });
  group.count();
  group.cogroup<string>((aggregate, value) => aggregate + value).aggregate(() => '');
  expect(() => builder.build()).toThrow(
    expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID', message: expect.stringContaining('group the stream once more') as string }),
  );
});
