/** Creating, finding, changing and deleting topics and their settings. */
import { sleep, systemClock } from '@millrace/core/kafka';
import {
  alterConfigsApi,
  brokerErrorCodes as code,
  createPartitionsApi,
  createTopicsApi,
  deleteTopicsApi,
  describeConfigsApi,
  describeTopicPartitionsApi,
  incrementalAlterConfigsApi,
  metadataApi,
  type RequestInputOf,
  type ResponseOf,
} from '@millrace/kafka/protocol';
import { describe, expect, it } from 'vitest';
import { type BrokerScene, noUuid, unknownUuid } from './scene.ts';

export function describeTopics(scene: BrokerScene): void {
  const { ask, create, unique } = scene;

  describe('CreateTopics', () => {
    const topic = (
      changes: Partial<RequestInputOf<typeof createTopicsApi>['topics'][number]>,
    ): RequestInputOf<typeof createTopicsApi>['topics'][number] => ({
      name: unique('t'),
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [],
      ...changes,
    });
    const createAll = (
      topics: RequestInputOf<typeof createTopicsApi>['topics'],
      validateOnly = false,
    ): Promise<ResponseOf<typeof createTopicsApi>> => ask(createTopicsApi, 7, { topics, timeoutMs: 10_000, validateOnly });

    it('tells id, partitions and settings of what it made', async () => {
      const answer = await createAll([topic({ numPartitions: 3, configs: [{ name: 'cleanup.policy', value: 'compact' }] })]);
      const [made] = answer.topics;
      expect(made).toMatchObject({ errorCode: 0, numPartitions: 3, replicationFactor: 1 });
      expect(made?.configs?.find((config) => config.name === 'cleanup.policy')).toMatchObject({ value: 'compact', configSource: 1 });
      expect(made?.configs?.find((config) => config.name === 'segment.bytes')).toMatchObject({ value: '1073741824', configSource: 5 });
      const described = await ask(metadataApi, 12, { topics: [{ name: null, topicId: made?.topicId ?? '' }] });
      expect(described.topics[0]).toMatchObject({ errorCode: 0, name: made?.name });
    });

    it('takes the default of partitions and replicas', async () => {
      expect((await createAll([topic({ numPartitions: -1, replicationFactor: -1 })])).topics[0]).toMatchObject({
        errorCode: 0,
        numPartitions: 1,
        replicationFactor: 1,
      });
    });

    it('takes replicas that the client chose', async () => {
      const assignments = [
        { partitionIndex: 1, brokerIds: [scene.node] },
        { partitionIndex: 0, brokerIds: [scene.node] },
      ];
      expect((await createAll([topic({ numPartitions: -1, replicationFactor: -1, assignments })])).topics[0]).toMatchObject({
        errorCode: 0,
        numPartitions: 2,
      });
    });

    const refusals: [string, Partial<RequestInputOf<typeof createTopicsApi>['topics'][number]>, number][] = [
      ['no name', { name: '' }, code.INVALID_TOPIC_EXCEPTION],
      ['a dot', { name: '.' }, code.INVALID_TOPIC_EXCEPTION],
      ['a space', { name: 'a b' }, code.INVALID_TOPIC_EXCEPTION],
      ['a long name', { name: 'a'.repeat(250) }, code.INVALID_TOPIC_EXCEPTION],
      ['no partitions', { numPartitions: 0 }, code.INVALID_PARTITIONS],
      ['negative partitions', { numPartitions: -2 }, code.INVALID_PARTITIONS],
      ['no replicas', { replicationFactor: 0 }, code.INVALID_REPLICATION_FACTOR],
      ['more replicas than brokers', { replicationFactor: 99 }, code.INVALID_REPLICATION_FACTOR],
      ['replicas and a number of them', { assignments: [{ partitionIndex: 0, brokerIds: [1] }] }, code.INVALID_REQUEST],
      [
        'replicas on unknown brokers',
        { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [99] }] },
        code.INVALID_REPLICA_ASSIGNMENT,
      ],
      [
        'a gap in the partitions',
        { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
        code.INVALID_REPLICA_ASSIGNMENT,
      ],
      ['an unknown setting', { configs: [{ name: 'no.such', value: '1' }] }, code.INVALID_CONFIG],
      ['a setting that is no number', { configs: [{ name: 'retention.ms', value: 'long' }] }, code.INVALID_CONFIG],
      ['a setting out of its range', { configs: [{ name: 'retention.ms', value: '-2' }] }, code.INVALID_CONFIG],
      ['a policy that there is not', { configs: [{ name: 'cleanup.policy', value: 'shrink' }] }, code.INVALID_CONFIG],
      ['a setting without a value', { configs: [{ name: 'retention.ms', value: null }] }, code.INVALID_CONFIG],
    ];
    it.each(refusals)('refuses %s', async (_, changes, errorCode) => {
      const answer = await createAll([topic(changes)]);
      expect(answer.topics[0]?.errorCode).toBe(errorCode);
    });

    it('refuses what exists, what is named twice, what collides, and makes the others', async () => {
      const [existing, twice, good] = [unique('a.b'), unique('twice'), unique('good')];
      await create(existing);
      const collides = existing.replace('a.b', 'a_b');
      const answer = await createAll([existing, twice, twice, good, collides].map((each) => topic({ name: each })));
      expect(Object.fromEntries(answer.topics.map(({ name: each, errorCode }) => [each, errorCode]))).toEqual({
        [existing]: code.TOPIC_ALREADY_EXISTS,
        [twice]: code.INVALID_REQUEST,
        [good]: 0,
        [collides]: code.INVALID_TOPIC_EXCEPTION,
      });
    });

    it('only looks, if asked to', async () => {
      const looked = unique('looked');
      expect((await createAll([topic({ name: looked })], true)).topics[0]).toMatchObject({ errorCode: 0, numPartitions: 1 });
      expect((await ask(metadataApi, 12, { topics: [{ name: looked, topicId: noUuid }] })).topics[0]?.errorCode).toBe(
        code.UNKNOWN_TOPIC_OR_PARTITION,
      );
    });
  });

  describe('Metadata and DescribeTopicPartitions', () => {
    it.each([
      ['an unknown name', { name: 'no-such-topic', topicId: noUuid }, code.UNKNOWN_TOPIC_OR_PARTITION],
      ['an unknown id', { name: null, topicId: unknownUuid }, code.UNKNOWN_TOPIC_ID],
      ['a name that cannot be', { name: 'a b', topicId: noUuid }, code.INVALID_TOPIC_EXCEPTION],
    ])('%s', async (_, topic, errorCode) => {
      const { topics } = await ask(metadataApi, 12, { topics: [topic], allowAutoTopicCreation: false });
      expect(topics.map((each) => [each.errorCode, each.partitions.length])).toEqual([[errorCode, 0]]);
    });

    it('pages go on where the cursor says', async () => {
      const topic = unique('pages');
      await ask(createTopicsApi, 7, {
        timeoutMs: 10_000,
        topics: [{ name: topic, numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }],
      });
      const page = (cursor: { topicName: string; partitionIndex: number } | null): Promise<ResponseOf<typeof describeTopicPartitionsApi>> =>
        ask(describeTopicPartitionsApi, 0, { topics: [{ name: topic }], responsePartitionLimit: 2, cursor });
      const first = await page(null);
      expect(first.topics[0]?.partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([0, 1]);
      expect(first.nextCursor).toEqual({ topicName: topic, partitionIndex: 2 });
      const second = await page(first.nextCursor);
      expect(second.topics[0]?.partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([2]);
      expect(second.nextCursor).toBeNull();
    });

    it('an unknown topic of a page', async () => {
      const { topics } = await ask(describeTopicPartitionsApi, 0, { topics: [{ name: 'no-such-topic' }] });
      expect(topics[0]?.errorCode).toBe(code.UNKNOWN_TOPIC_OR_PARTITION);
    });
  });

  describe('DeleteTopics and CreatePartitions', () => {
    it('delete by name and by id, and say what they do not know', async () => {
      const [byName, byId] = [unique('by-name'), unique('by-id')];
      const [, topicId] = [await create(byName), await create(byId)];
      const answer = await ask(deleteTopicsApi, 6, {
        timeoutMs: 10_000,
        topics: [
          { name: byName, topicId: noUuid },
          { name: null, topicId },
          { name: 'no-such-topic', topicId: noUuid },
          { name: null, topicId: unknownUuid },
        ],
      });
      const errors = new Map(answer.responses.map((each) => [each.name ?? each.topicId, each.errorCode]));
      expect([byName, byId, 'no-such-topic', unknownUuid].map((key) => errors.get(key))).toEqual([
        0,
        0,
        code.UNKNOWN_TOPIC_OR_PARTITION,
        code.UNKNOWN_TOPIC_ID,
      ]);
    });

    it('adds partitions', async () => {
      const topic = unique('grow');
      await create(topic);
      const grow = async (asked: string, count: number, brokerIds?: number[]): Promise<number | undefined> => {
        const assignments = brokerIds === undefined ? null : [{ brokerIds }];
        return (
          await ask(createPartitionsApi, 3, { topics: [{ name: asked, count, assignments }], timeoutMs: 10_000, validateOnly: false })
        ).results[0]?.errorCode;
      };
      expect(await grow(topic, 3)).toBe(0);
      expect(await grow(topic, 3)).toBe(code.INVALID_PARTITIONS);
      expect(await grow(topic, 2)).toBe(code.INVALID_PARTITIONS);
      expect(await grow(topic, 5, [scene.node])).toBe(code.INVALID_REPLICA_ASSIGNMENT);
      expect(await grow(topic, 4, [99])).toBe(code.INVALID_REPLICA_ASSIGNMENT);
      expect(await grow(topic, 4, [scene.node])).toBe(0);
      expect(await grow('no-such-topic', 2)).toBe(code.UNKNOWN_TOPIC_OR_PARTITION);
    });
  });

  describe('settings', () => {
    const settingsOf = async (topic: string, keys: readonly string[]): Promise<Record<string, string | null>> => {
      for (;;) {
        const answer = await ask(describeConfigsApi, 4, {
          resources: [{ resourceType: 2, resourceName: topic, configurationKeys: [...keys] }],
        });
        const [result] = answer.results;
        if (result?.errorCode === 0) return Object.fromEntries(result.configs.map((config) => [config.name, config.value]));
        await sleep(systemClock, 20);
      }
    };
    const until = async (topic: string, expected: Readonly<Record<string, string>>): Promise<void> => {
      // A real broker learns of a change a moment after the controller has made it.
      for (
        let attempt = 0;
        attempt < 100 && JSON.stringify(await settingsOf(topic, Object.keys(expected))) !== JSON.stringify(expected);
        attempt++
      )
        await sleep(systemClock, 20);
      expect(await settingsOf(topic, Object.keys(expected))).toEqual(expected);
    };

    it('change one by one', async () => {
      const topic = unique('settings');
      await create(topic, { 'retention.ms': '1000' });
      const change = async (
        changes: readonly { name: string; configOperation: number; value: string | null }[],
        resourceName = topic,
      ): Promise<number | undefined> =>
        (
          await ask(incrementalAlterConfigsApi, 1, {
            validateOnly: false,
            resources: [{ resourceType: 2, resourceName, configs: changes }],
          })
        ).responses[0]?.errorCode;
      expect(
        await change([
          { name: 'max.message.bytes', configOperation: 0, value: '2000' },
          { name: 'cleanup.policy', configOperation: 2, value: 'compact' },
        ]),
      ).toBe(0);
      await until(topic, { 'cleanup.policy': 'delete,compact', 'max.message.bytes': '2000', 'retention.ms': '1000' });
      expect(
        await change([
          { name: 'cleanup.policy', configOperation: 3, value: 'delete' },
          { name: 'max.message.bytes', configOperation: 1, value: null },
        ]),
      ).toBe(0);
      await until(topic, { 'cleanup.policy': 'compact', 'max.message.bytes': '1048588', 'retention.ms': '1000' });
      expect(await change([{ name: 'retention.ms', configOperation: 0, value: 'x' }])).toBe(code.INVALID_CONFIG);
      expect(await change([{ name: 'retention.ms', configOperation: 2, value: '5' }])).toBe(code.INVALID_CONFIG);
      expect(await change([{ name: 'retention.ms', configOperation: 0, value: null }])).toBe(code.INVALID_REQUEST);
      expect(await change([{ name: 'no.such', configOperation: 0, value: '5' }])).toBe(code.INVALID_CONFIG);
      const twice = { name: 'retention.ms', configOperation: 0, value: '5' };
      expect(await change([twice, twice])).toBe(code.INVALID_REQUEST);
      expect(await change([twice], 'no-such-topic')).toBe(code.UNKNOWN_TOPIC_OR_PARTITION);
      await until(topic, { 'retention.ms': '1000' });
    });

    it('are replaced as a whole', async () => {
      const topic = unique('settings');
      await create(topic, { 'retention.ms': '1000' });
      const replace = async (configs: readonly { name: string; value: string | null }[]): Promise<number | undefined> =>
        (await ask(alterConfigsApi, 2, { validateOnly: false, resources: [{ resourceType: 2, resourceName: topic, configs }] }))
          .responses[0]?.errorCode;
      expect(await replace([{ name: 'segment.bytes', value: '2000000' }])).toBe(0);
      const settings = await settingsOf(topic, ['retention.ms']);
      await until(topic, { 'segment.bytes': '2000000' });
      expect(settings).toBeDefined();
      expect(await replace([{ name: 'segment.bytes', value: 'many' }])).toBe(code.INVALID_CONFIG);
      await until(topic, { 'segment.bytes': '2000000' });
    });

    it('of a missing topic are not found', async () => {
      const { results } = await ask(describeConfigsApi, 4, {
        resources: [{ resourceType: 2, resourceName: 'no-such-topic', configurationKeys: null }],
      });
      expect(results[0]?.errorCode).toBe(code.UNKNOWN_TOPIC_OR_PARTITION);
    });
  });
}
