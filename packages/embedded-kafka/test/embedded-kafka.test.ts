/** The cluster as its user holds it. */
import { silentLogger } from '@millrace/core/kafka';
import { createTopicsApi, metadataApi } from '@millrace/kafka/protocol';
import { describe, expect, it } from 'vitest';
import { EmbeddedKafka, type EmbeddedKafkaOptions, VirtualClock } from '../src/index.ts';
import { TestCluster } from './support/ask.ts';

describe('EmbeddedKafka', () => {
  const refused: [string, EmbeddedKafkaOptions][] = [
    ['no brokers', { brokers: 0 }],
    ['half a broker', { brokers: 1.5 }],
    ['a replication factor over the brokers', { brokers: 2, defaultReplicationFactor: 3 }],
    ['a negative limit', { maxBytes: -1 }],
    ['a check without a pause', { retentionCheckIntervalMs: 0 }],
    ['an unknown setting', { topicDefaults: { 'no.such': '1' } }],
    ['a setting that cannot be', { topicDefaults: { 'retention.ms': 'long' } }],
  ];
  it.each(refused)('does not start with %s', async (_, options) => {
    await expect(EmbeddedKafka.start(options)).rejects.toMatchObject({ code: 'MR_EMBEDDED_ARGUMENT_INVALID' });
  });

  it('has topics, and says what is wrong with a call', async () => {
    await using kafka = await EmbeddedKafka.start();
    kafka.createTopic('a', { partitions: 2, configs: { 'retention.ms': '5' } });
    kafka.createTopic('b');
    expect(kafka.topics()).toEqual(['a', 'b']);
    const codeOf = (call: () => unknown): unknown => {
      try {
        return call();
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error;
      }
    };
    expect(codeOf(() => kafka.createTopic('a'))).toBe('MR_EMBEDDED_TOPIC_REFUSED');
    expect(codeOf(() => kafka.createTopic('c', { configs: { 'no.such': '1' } }))).toBe('MR_EMBEDDED_TOPIC_REFUSED');
    expect(codeOf(() => kafka.records('missing'))).toBe('MR_EMBEDDED_TOPIC_UNKNOWN');
    expect(codeOf(() => kafka.records('a', 2))).toBe('MR_EMBEDDED_TOPIC_UNKNOWN');
    expect(codeOf(() => kafka.moveLeader('a', 0, 2))).toBe('MR_EMBEDDED_BROKER_UNKNOWN');
    expect(codeOf(() => kafka.bootstrap)).toBe('MR_EMBEDDED_NOT_LISTENING');
    kafka.deleteTopic('a');
    expect(kafka.topics()).toEqual(['b']);
    await kafka.close();
    expect(codeOf(() => kafka.createTopic('c'))).toBe('MR_EMBEDDED_CLOSED');
    expect(codeOf(() => kafka.wire()({ clientId: 'x', clock: new VirtualClock(), log: silentLogger }))).toBe('MR_EMBEDDED_CLOSED');
  });

  it('vanishes for its clients when it closes', async () => {
    const cluster = await TestCluster.start();
    await cluster.ask(metadataApi, 12, { topics: [] });
    const pending = cluster.send(metadataApi, 12, { topics: [] });
    await cluster.kafka.close();
    await expect(pending).rejects.toMatchObject({ kind: 'disconnected' });
    await expect(cluster.send(metadataApi, 12, { topics: [] })).rejects.toMatchObject({ kind: 'refused' });
    expect(cluster.clock.pendingTimers).toBe(0);
  });

  it('repeats a run by its seed', async () => {
    const history = async (seed: number): Promise<unknown> => {
      const cluster = await TestCluster.start({ seed, brokers: 3 });
      const topics = ['x', 'y'].map((name) => ({ name, numPartitions: 2, replicationFactor: 2, assignments: [], configs: [] }));
      const made = await cluster.ask(createTopicsApi, 7, { topics });
      const seen = await cluster.ask(metadataApi, 12, { topics: null });
      await cluster.kafka.close();
      return [made, seen];
    };
    expect(await history(11)).toEqual(await history(11));
    expect(await history(11)).not.toEqual(await history(12));
  });

  it('has other ids at every start without a seed', async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => {
        await using kafka = await EmbeddedKafka.start();
        return kafka.clusterId;
      }),
    );
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('creates topics on demand only if it was told to', async () => {
    const ask = async (options: EmbeddedKafkaOptions, allowAutoTopicCreation: boolean): Promise<readonly string[]> => {
      const cluster = await TestCluster.start(options);
      await cluster.ask(metadataApi, 9, { topics: [{ name: 'new' }], allowAutoTopicCreation });
      await cluster.kafka.close();
      return cluster.kafka.topics();
    };
    expect(await ask({}, true)).toEqual([]);
    expect(await ask({ autoCreateTopics: true }, false)).toEqual([]);
    expect(await ask({ autoCreateTopics: true }, true)).toEqual(['new']);
  });
});
