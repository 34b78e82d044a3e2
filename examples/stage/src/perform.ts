/** A play on a cluster: writes the input, runs the application until it has committed all of it, and reads what came out. */
import { partitionForKey, sleep, type TopicPartition } from '@millrace/core/kafka';
import {
  type ClientFactory,
  KafkaStreams,
  type StateBackend,
  type StreamsClient,
  silentLogger,
  systemClock,
  topicPartition,
} from 'millrace';
import { type Listing, type Play, type Row, type Script, type Story, tell } from './play.ts';

/** Where a play runs. */
export interface Venue {
  readonly client: ClientFactory;
  readonly state: StateBackend;
}

const partitions = 2;

/** @throws the application's error, if it stops with one. */
export async function perform(play: Play, venue: Venue, signal?: AbortSignal): Promise<Story> {
  const client = venue.client.create({ clientId: 'stage', clock: systemClock, log: silentLogger });
  await client.connect();
  const finished = new AbortController();
  const until = AbortSignal.any(signal === undefined ? [finished.signal] : [signal, finished.signal]);
  try {
    const topics = [...play.inputs, ...play.outputs].map(({ topic }) => topic);
    await client.admin().createTopics(topics.map((name) => ({ name, partitions, replicationFactor: -1, configs: {} })));
    await write(client, play.inputs);
    const app = new KafkaStreams(play.topology, {
      applicationId: play.applicationId,
      client: venue.client,
      state: venue.state,
      commitIntervalMs: 200,
      leaveOnClose: true,
    });
    const sources = sourceTopics(play);
    const watching = untilCommitted(client, play.applicationId, sources, until).finally(() => finished.abort());
    await Promise.all([app.run({ signal: until }), watching]);
    return new Map(
      await Promise.all(play.outputs.map(async (listing) => [listing.topic, tell(listing, await read(client, listing))] as const)),
    );
  } finally {
    finished.abort();
    await client.close();
  }
}

/** Writes what is not there: a topic that has records was written by an earlier run. */
async function write(client: StreamsClient, scripts: readonly Script[]): Promise<void> {
  const producer = client.producer({
    lingerMs: 1,
    compression: 'none',
    maxBatchBytes: 16_384,
    maxBufferedBytes: 1_000_000,
    deliveryTimeoutMs: 60_000,
  });
  const nothing = new Uint8Array(0);
  try {
    await producer.lookUp(scripts.map(({ topic }) => topic));
    for (const { topic, records } of scripts) {
      const ends = await endsOf(client, partitionsOf(topic));
      if ([...ends.values()].some((end) => end > 0)) continue;
      for (const { key, value, timestamp } of records) {
        const output = producer.partition(topic, partitionForKey(key, 0, key.length, partitions));
        output.append(timestamp, key, 0, key.length, value ?? nothing, 0, value === null ? -1 : value.length, null);
        if (producer.full) await producer.drained();
      }
    }
    await producer.flush();
  } finally {
    await producer.close();
  }
}

/** Waits until the application has committed everything that its topics hold, those between its parts too. */
async function untilCommitted(client: StreamsClient, applicationId: string, topics: readonly string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const described = await client.admin().describeTopics(topics);
    // Topics of its own appear when the application starts.
    if ([...described.values()].every((description) => description !== undefined)) {
      const tps = topics.flatMap((topic) => partitionsOf(topic));
      // In this order: what is committed of a topic is in those behind it by then, so no end is too early.
      const committed = await client.admin().groupOffsets(applicationId, tps);
      const ends = await endsOf(client, tps);
      if (tps.every((tp) => (committed.get(tp)?.offset ?? 0) === ends.get(tp))) return;
    }
    await sleep(systemClock, 50);
  }
}

/** The topics that the application's tasks read. */
function sourceTopics({ applicationId, topology }: Play): readonly string[] {
  const { subtopologies } = topology.toJSON();
  const topics = subtopologies
    .filter(({ isGlobal }) => !isGlobal)
    .flatMap(({ nodes }) => nodes.filter(({ kind }) => kind === 'source').flatMap((node) => node.topics ?? []));
  return topics.map(({ internal, name }) => (internal ? `${applicationId}-${name}` : name));
}

async function read(client: StreamsClient, listing: Listing): Promise<readonly Row[]> {
  const tps = partitionsOf(listing.topic);
  const positions = new Map(tps.map((tp) => [tp, 0]));
  const ends = await endsOf(client, tps);
  const reader = client.reader({ isolation: 'committed', role: 'global', maxBufferedBytes: 1_000_000 });
  const records: Row[] = [];
  try {
    reader.assign(positions);
    while ([...ends].some(([tp, end]) => (positions.get(tp) ?? 0) < end)) {
      const { batches } = await reader.poll({ maxWaitMs: 100 });
      for (const batch of batches) {
        for (let i = 0; i < batch.count; i++) records.push(listing.read(batch.key(i) ?? new Uint8Array(0), batch.value(i)));
        positions.set(batch.tp, batch.nextOffset);
      }
    }
  } finally {
    await reader.close();
  }
  return records;
}

function endsOf(client: StreamsClient, tps: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartition, number>> {
  return client.admin().listOffsets(new Map(tps.map((tp) => [tp, 'latest'])), { isolation: 'committed' });
}

function partitionsOf(topic: string): readonly TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => topicPartition(topic, partition));
}
