/** A table whose source topic is its changelog has the rows after a crash that it had before, whatever others write into the topic. */
import { type Serde, serdes, StreamsBuilder, type TimestampExtractor, type Topology, type VersionedStore } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

type Input = readonly [topic: 't' | 's', key: string | null, value: string | null, timestamp: number];

/** Text that is read without spaces around it, and not read at all where it starts with "!": one key can be written in several ways. */
const trimmed = serdes.from<string>({
  encode: (text) => Buffer.from(text),
  decode: (bytes) => {
    const text = Buffer.from(bytes).toString();
    if (text.startsWith('!')) throw new Error(`cannot read ${text}`);
    return text.trim();
  },
});

/** The number behind the last @ of the value, if there is one; may be negative. */
const timeInValue: TimestampExtractor = ({ timestamp, value }, partitionTime) => {
  const written = /@(-?[0-9]+|p)$/.exec(String(value))?.[1];
  return written === undefined ? timestamp : written === 'p' ? partitionTime : Number(written);
};

/** As with a schema registry: what was not fetched before cannot be read. */
function fetching(): Serde<string> {
  const known = new Set<string>();
  const learn = (bytes: Uint8Array | null): void => void known.add(Buffer.from(bytes ?? []).toString());
  return {
    ...trimmed,
    encodeInto: (text, writer) => trimmed.encodeInto(text, writer),
    decode: (buffer, start, end) => {
      const text = Buffer.from(buffer.subarray(start, end)).toString();
      // Rows of stores are trimmed: what was written here is known.
      if (text !== text.trim() && !known.has(text)) throw new Error(`${text} was not prepared`);
      return trimmed.decode(buffer, start, end);
    },
    prepare: (batch, role) => {
      known.clear();
      for (let index = 0; index < batch.count; index++) learn(role === 'key' ? batch.key(index) : batch.value(index));
    },
  };
}

interface Kind {
  readonly serdes?: (() => Serde<string>) | undefined;
  readonly historyRetention?: number | undefined;
  readonly persistence?: 'persistent' | 'inMemory' | undefined;
}

function topologyOf({ serdes: make, ...kind }: Kind): Topology {
  const builder = new StreamsBuilder({
    key: make?.() ?? trimmed,
    value: make?.() ?? trimmed,
    optimize: ['reuse.ktable.source.topics'],
    timestampExtractor: timeInValue,
    cacheBytes: 0,
  });
  const table = builder.table('t', { store: { name: 'rows', ...kind } });
  builder
    .stream('s')
    .leftJoin(table, (left, right) => `${left}${right}`)
    .to('out');
  table.toStream().to('changes');
  return builder.build();
}

/** What comes out and what the table holds at the end, where each record of `crashes` is followed by a crash that loses the disk. */
function run(kind: Kind, inputs: readonly Input[], crashes: ReadonlySet<number>) {
  using driver = new TopologyTestDriver(topologyOf(kind), { partitions: 1, handlers: { deserialization: () => 'continue' } });
  const text = { key: serdes.string(), value: serdes.string() };
  const topics = { t: driver.createInputTopic('t', text), s: driver.createInputTopic('s', text) };
  inputs.forEach(([topic, key, value, timestamp], at) => {
    topics[topic].pipeInput({ key, value, timestamp });
    driver.commit();
    if (crashes.has(at)) driver.crash();
  });
  const written = (topic: string): string[] =>
    driver
      .createOutputTopic(topic, text)
      .readRecordsToList()
      .map(({ key, timestamp, value }) => `${key}=${value}@${timestamp}`);
  const rows =
    kind.historyRetention === undefined
      ? [...driver.getTimestampedKeyValueStore<string, string>('rows').all()].map(
          ({ key, value }) => `${key}=${value.value}@${value.timestamp}`,
        )
      : // The store is one that keeps history.
        ['a', 'b'].map((name) => (driver.getStateStore('rows') as VersionedStore<string, string>).get(name));
  return { out: written('out'), changes: written('changes'), rows };
}

const key = fc.constantFrom('a', ' a', 'b ', 'b', null, '!');
const value = fc.constantFrom('x', ' x', 'y', null, '!', 'z@-1', 'late@3', 'early@90', 'same@p');
const input: fc.Arbitrary<Input> = fc.tuple(fc.constantFrom('t', 't', 's'), key, value, fc.integer({ min: 0, max: 60 }));
const inputs = fc.array(input, { maxLength: 16 });
const crashes = fc.uniqueArray(fc.nat(15), { maxLength: 3 });

const kinds: readonly (readonly [string, Kind])[] = [
  ['persistent', {}],
  ['in-memory', { persistence: 'inMemory' }],
  ['versioned', { historyRetention: 30 }],
  ['persistent (serdes that prepare)', { serdes: fetching }],
];

describe('a source topic as changelog', () => {
  it.each(kinds)('gives a %s table back as it was', (_, kind) => {
    fc.assert(
      fc.property(inputs, crashes, (some, at) => {
        expect(run(kind, some, new Set(at))).toEqual(run(kind, some, new Set()));
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it('counts what the table never took and leaves it out, and finds rows under the keys that are asked for', () => {
    using driver = new TopologyTestDriver(topologyOf({}), { partitions: 1, handlers: { deserialization: () => 'continue' } });
    const topic = driver.createInputTopic('t', { key: serdes.string(), value: serdes.string() });
    topic.pipeInput({ key: ' a', value: ' x ', timestamp: 1, headers: [{ key: 'h', value: null }] });
    topic.pipeInput({ key: 'b', value: '!', timestamp: 2 });
    topic.pipeInput({ key: null, value: 'x', timestamp: 3 });
    topic.pipeInput({ key: 'c', value: 'x@-1', timestamp: 4 });
    topic.pipeInput({ key: 'd', value: 'x@70', timestamp: 5 });
    driver.commit();
    // Not committed, so not restored but read again.
    topic.pipeInput({ key: 'e', value: 'x', timestamp: 6 });
    driver.crash();
    const store = driver.getTimestampedKeyValueStore<string, string>('rows');
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => store.get(name))).toEqual([
      { value: 'x', timestamp: 1 },
      undefined,
      undefined,
      { value: 'x@70', timestamp: 70 },
      { value: 'x', timestamp: 6 },
    ]);
    expect(driver.metrics().filter(({ name, value: count }) => name === 'restore-skipped-records-total' && count > 0)).toMatchObject([
      { value: 3 },
    ]);
  });
});
