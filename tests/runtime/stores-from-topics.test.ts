/** Stores that a topic fills, on the embedded cluster: global ones by a processor of the user's, and copies of a topic's partitions that are restored from it. */
import {
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  type ReadOnlyKeyValueStore,
  type RestoreEvent,
  serdes,
  StreamsBuilder,
  type StreamRecord,
  type Topology,
  TopologyBuilder,
} from '@millrace/core';
import { partitionForKey } from '@millrace/core/kafka';
import { afterEach, expect, it } from 'vitest';
import { Harness } from './support/harness.ts';
import { KeptDisk } from './support/kept-state.ts';

const text = { key: serdes.string(), value: serdes.string() };
const keys = Array.from({ length: 12 }, (_, at) => `k${at}`);

let harness: Harness;
afterEach(() => harness.close());

/** Puts the values, changed, under their keys, and counts the records that it saw. */
class Fill implements Processor<string, string | null, never, never> {
  #rows!: KeyValueStore<string, string>;
  readonly #change: (value: string) => string;
  readonly #seen: string[];

  constructor(change: (value: string) => string, seen: string[]) {
    this.#change = change;
    this.#seen = seen;
  }

  init(context: ProcessorContext<never, never>): void {
    this.#rows = context.getStateStore('rows');
  }

  process({ key, value }: StreamRecord<string, string | null>): void {
    this.#seen.push(key);
    this.#rows.put(key, value === null ? null : this.#change(value));
  }
}

/** Forwards what the store has under the record's key. */
class Lookup implements Processor<string, string, string, string> {
  #context!: ProcessorContext<string, string>;
  #rows!: ReadOnlyKeyValueStore<string, string>;

  init(context: ProcessorContext<string, string>): void {
    this.#context = context;
    this.#rows = context.getStateStore('rows');
  }

  process(record: StreamRecord<string, string>): void {
    this.#context.forward(record.withValue(this.#rows.get(record.key) ?? 'nothing'));
  }
}

async function produce(topic: string, partitions: number, rows: readonly (readonly [key: string, value: string | null])[]): Promise<void> {
  await harness.produce(
    topic,
    rows.map(([key, value]) => {
      const bytes = Buffer.from(key);
      return { key, value, partition: partitionForKey(bytes, 0, bytes.length, partitions) };
    }),
  );
}

function values(): readonly string[] {
  return harness.cluster
    .records('out')
    .map(({ value }) => Buffer.from(value ?? []).toString())
    .sort();
}

it('a global store is filled by its processor, on every instance, and again by it after the disk is gone', async () => {
  harness = await Harness.start();
  harness.cluster.createTopic('rows', { partitions: 3 });
  harness.cluster.createTopic('in', { partitions: 2 });
  harness.cluster.createTopic('out');
  const seen: string[] = [];
  const topology = (): Topology => {
    const builder = new StreamsBuilder(text);
    builder.addGlobalStore<string, string | null>({ name: 'rows' }, 'rows', () => new Fill((value) => value.toUpperCase(), seen));
    builder
      .stream('in')
      .process(() => new Lookup())
      .to('out');
    return builder.build();
  };
  await produce(
    'rows',
    3,
    keys.map((key) => [key, `of ${key}`] as const),
  );
  const disk = new KeptDisk(1);
  const first = harness.instance(topology(), { state: disk.backend() });
  await harness.clock.run(first.start());
  await produce(
    'in',
    2,
    keys.map((key) => [key, ''] as const),
  );
  await harness.until(() => values().length === keys.length, 'every record found its row');
  expect(values()).toEqual(keys.map((key) => `OF ${key.toUpperCase()}`).sort());
  expect(seen.sort()).toEqual([...keys].sort());
  await produce('rows', 3, [['k0', null]]);
  await harness.clock.advance(2_000);
  await harness.clock.run(first.close());

  // With its disk it has nothing to read again; without, the processor runs over the whole topic.
  seen.length = 0;
  const second = harness.instance(topology(), { state: disk.backend() });
  await harness.clock.run(second.start());
  expect(seen).toEqual([]);
  await harness.clock.run(second.close());
  const events: RestoreEvent[] = [];
  const third = harness.instance(topology(), { state: new KeptDisk(2).backend(), onRestore: (event) => events.push(event) });
  await harness.clock.run(third.start());
  expect(seen.sort()).toEqual(['k0', ...keys].sort());
  const ended = events.flatMap((event) => (event.kind === 'end' ? [event] : []));
  expect(ended.map(({ store, taskId }) => `${taskId} ${store}`)).toEqual(['global rows', 'global rows', 'global rows']);
  expect(ended.reduce((sum, { records }) => sum + records, 0)).toBe(keys.length + 1);
  await produce('in', 2, [
    ['k0', ''],
    ['k1', ''],
  ]);
  await harness.until(() => values().length === keys.length + 2, 'the restored rows are found');
  expect(values().filter((value) => value === 'nothing')).toEqual(['nothing']);
});

it('a copy of a topic is restored from the topic, where a task lost its disk and where it moved', async () => {
  harness = await Harness.start();
  harness.cluster.createTopic('rows', { partitions: 2 });
  harness.cluster.createTopic('in', { partitions: 2 });
  harness.cluster.createTopic('out');
  const seen: string[] = [];
  const topology = (): Topology =>
    new TopologyBuilder({ ...text, cacheBytes: 0 })
      .addReadOnlyStateStore<string, string | null>({ name: 'rows' }, () => new Fill((value) => value, seen), {
        topic: 'rows',
        source: 'rows-source',
        processor: 'rows-copy',
      })
      .addSource('source', 'in')
      .addProcessor('lookup', () => new Lookup(), { parents: 'source', stores: ['rows'] })
      .addSink('sink', 'out', { parents: 'lookup' })
      .build();
  await produce(
    'rows',
    2,
    keys.map((key) => [key, `of ${key}`] as const),
  );
  const first = harness.instance(topology(), { state: new KeptDisk(1).backend() });
  await harness.clock.run(first.start());
  await harness.until(() => seen.length === keys.length, 'the rows are read');
  await produce(
    'in',
    2,
    keys.map((key) => [key, ''] as const),
  );
  await harness.until(() => values().length === keys.length, 'every record found its row');
  await produce('rows', 2, [['k0', null]]);
  await harness.clock.advance(2_000);
  await harness.clock.run(first.close());
  expect(harness.cluster.topics().filter((name) => name.includes('changelog'))).toEqual([]);

  await produce('rows', 2, [['k1', 'later']]);
  seen.length = 0;
  const events: RestoreEvent[] = [];
  const second = harness.instance(topology(), { state: new KeptDisk(2).backend(), onRestore: (event) => events.push(event) });
  await harness.clock.run(second.start());
  await harness.until(() => seen.length === 1, 'what came meanwhile goes through the processor');
  const restored = events.flatMap((event) => (event.kind === 'end' ? [event.records] : []));
  expect(restored.reduce((sum, records) => sum + records, 0)).toBe(keys.length + 1);
  const third = harness.instance(topology(), { state: new KeptDisk(3).backend() });
  await harness.clock.run(third.start());
  await harness.running(second, third);
  await produce(
    'in',
    2,
    keys.map((key) => [key, ''] as const),
  );
  await harness.until(() => values().length === 2 * keys.length, 'every record found its row again');
  const expected = [...keys.map((key) => `of ${key}`), ...keys.slice(2).map((key) => `of ${key}`), 'nothing', 'later'];
  expect(values()).toEqual(expected.sort());
});
