/** What the engine benchmark runs: topologies and inputs, the same work as Kafka Streams' engine is measured with elsewhere. */
import { serdes, StreamsBuilder, timeWindows, type TimeWindows, type Topology } from '@millrace/core';

export interface Workload {
  readonly name: string;
  readonly topology: () => Topology;
  readonly records: number;
  readonly keys: number;
  /** Value of input `i`. */
  readonly values: readonly Uint8Array[];
  /** Throws if the output cannot be right. `last` is the last value of each key of the output topic. */
  readonly check: (
    inputs: readonly { readonly key: string; readonly value: string }[],
    last: ReadonlyMap<string, bigint>,
    outputs: number,
  ) => void;
}

/** A small generator, so that a run can be repeated: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const distinctValues = 1 << 16;

function letters(bytes: number): readonly Uint8Array[] {
  const random = randomOf(1);
  return Array.from({ length: distinctValues }, () => Uint8Array.from({ length: bytes }, () => 97 + Math.floor(random() * 26)));
}

/** Lines of eight words out of about 5,000, some much more frequent than others. */
function lines(): readonly Uint8Array[] {
  const random = randomOf(1);
  const word = (): string => {
    const bell = (random() + random() + random() + random() - 2) * 1.73;
    return `w${((Math.min(4999, Math.floor(Math.abs(bell) * 600)) * 7919) % 100003).toString(36)}`;
  };
  return Array.from({ length: distinctValues }, () => Buffer.from(Array.from({ length: 8 }, word).join(' ')));
}

function expectCounts(expected: ReadonlyMap<string, number>, last: ReadonlyMap<string, bigint>): void {
  let wrong = 0;
  for (const [key, count] of expected) if (last.get(key) !== BigInt(count)) wrong++;
  if (wrong > 0 || expected.size !== last.size)
    throw new Error(`${wrong} of ${expected.size} counts are wrong, ${last.size} keys came out`);
}

function tally(keys: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function passThrough(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.stream('in').to('out');
  return builder.build();
}

function mapFilter(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream('in')
    .filter((value) => value.charCodeAt(10) !== 120)
    .mapValues((value) => value.toUpperCase())
    .to('out');
  return builder.build();
}

function count(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.stream('in').groupByKey().count({ store: 'counts' }).toStream().to('out', { value: serdes.long() });
  return builder.build();
}

function wordCount(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream('in')
    .flatMapValues((line) => line.toLowerCase().split(/\W+/))
    .groupBy((word) => word)
    .count({ store: 'counts' })
    .toStream()
    .to('out', { value: serdes.long() });
  return builder.build();
}

/** Counts in windows, written with their inner keys. */
function windowed(windows: TimeWindows): () => Topology {
  return () => {
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder
      .stream('in')
      .groupByKey()
      .windowedBy(windows)
      .count({ store: 'counts' })
      .toStream((_count, { key }) => key)
      .to('out', { value: serdes.long() });
    return builder.build();
  };
}

/** Every record updates each of its windows. */
function expectUpdates(records: number, windows: number, outputs: number): void {
  if (outputs !== records * windows) throw new Error(`${outputs} outputs of ${records} inputs in ${windows} windows each`);
}

export function workload(name: string, records: number | undefined, keys: number | undefined): Workload {
  switch (name) {
    case 'passthrough':
      return {
        name,
        topology: passThrough,
        records: records ?? 2_000_000,
        keys: keys ?? 10_000,
        values: letters(64),
        check: (inputs, _last, outputs) => {
          if (outputs !== inputs.length) throw new Error(`${outputs} outputs of ${inputs.length} inputs`);
        },
      };
    case 'mapfilter':
      return {
        name,
        topology: mapFilter,
        records: records ?? 2_000_000,
        keys: keys ?? 10_000,
        values: letters(64),
        check: (inputs, _last, outputs) => {
          const expected = inputs.reduce((sum, { value }) => sum + (value[10] === 'x' ? 0 : 1), 0);
          if (outputs !== expected) throw new Error(`${outputs} outputs, expected ${expected}`);
        },
      };
    case 'count':
      return {
        name,
        topology: count,
        records: records ?? 600_000,
        keys: keys ?? 10_000,
        values: letters(64),
        check: (inputs, last) => expectCounts(tally(inputs.map(({ key }) => key)), last),
      };
    case 'wordcount':
      return {
        name,
        topology: wordCount,
        records: records ?? 60_000,
        keys: keys ?? 10_000,
        values: lines(),
        check: (inputs, last) => expectCounts(tally(inputs.flatMap(({ value }) => value.toLowerCase().split(/\W+/))), last),
      };
    case 'tumbling':
      return {
        name,
        topology: windowed(timeWindows({ size: '10s', grace: '5s' })),
        records: records ?? 400_000,
        keys: keys ?? 10_000,
        values: letters(64),
        check: (inputs, _last, outputs) => expectUpdates(inputs.length, 1, outputs),
      };
    case 'hopping':
      return {
        name,
        topology: windowed(timeWindows({ size: '10s', advance: '2s', grace: '5s' })),
        records: records ?? 100_000,
        keys: keys ?? 10_000,
        values: letters(64),
        check: (inputs, _last, outputs) => expectUpdates(inputs.length, 5, outputs),
      };
    default:
      throw new Error(`There is no workload ${name}: choose passthrough, mapfilter, count, wordcount, tumbling or hopping.`);
  }
}
