/** Administration, as every client must offer it. */
import { topicPartition } from '@millrace/core/kafka';
import type { SceneTest } from './client.ts';
import { append, partitionsOf, rejectionOf } from './client-scene.ts';
import type { TestTools } from './test-tools.ts';

export function describeAdmin({ describe, expect }: TestTools, test: SceneTest): void {
  describe('admin', () => {
    test('creates topics, one result each', async (scene) => {
      const existing = await scene.topic();
      const fresh = scene.name('fresh');
      const spec = { partitions: 3, replicationFactor: -1, configs: {} };
      const results = await scene.client.admin().createTopics([
        { name: fresh, ...spec },
        { name: existing, ...spec },
        { name: 'not a topic name', ...spec },
      ]);
      expect(results.get(fresh)).toBe('created');
      expect(results.get(existing)).toBe('exists');
      expect(results.get('not a topic name')).toMatchObject({ kind: 'fatal', kafkaCode: 17 });
      await scene.client.admin().deleteTopics([fresh]);
    });

    test('describes topics, and says nothing of those that do not exist', async (scene) => {
      const topic = await scene.topic(3);
      const { topicIds } = await scene.client.connect();
      const described = await scene.client.admin().describeTopics([topic, 'no-such-topic']);
      expect(described.get(topic)).toMatchObject({ name: topic, partitions: 3 });
      expect(described.get(topic)?.id !== undefined).toBe(topicIds);
      expect([described.has('no-such-topic'), described.get('no-such-topic')]).toEqual([true, undefined]);
      expect(await scene.client.admin().describeTopics([])).toEqual(new Map());
    });

    test('lists topics', async (scene) => {
      const topic = await scene.topic();
      expect((await scene.client.admin().listTopics()).includes(topic)).toBe(true);
    });

    test('reads the settings with which a topic was created', async (scene) => {
      const topic = await scene.topic(1, { 'cleanup.policy': 'compact', 'retention.ms': '12345' });
      const configs = (await scene.client.admin().topicConfigs([topic])).get(topic);
      expect([configs?.get('cleanup.policy'), configs?.get('retention.ms')]).toEqual(['compact', '12345']);
    });

    test('finds offsets by place and by time', async (scene) => {
      const topic = await scene.topic(2);
      const [full, empty] = partitionsOf(topic, 2) as [ReturnType<typeof topicPartition>, ReturnType<typeof topicPartition>];
      const producer = scene.producer();
      await producer.lookUp([topic]);
      for (const timestamp of [1000, 2000, 3000]) append(producer.partition(topic, 0), { value: 'x', timestamp });
      await producer.flush();
      const admin = scene.client.admin();
      const list = async (query: 'earliest' | 'latest' | number): Promise<readonly (number | undefined)[]> => {
        const found = await admin.listOffsets(new Map([full, empty].map((tp) => [tp, query])), { isolation: 'uncommitted' });
        return [found.get(full), found.get(empty)];
      };
      expect(await list('earliest')).toEqual([0, 0]);
      expect(await list('latest')).toEqual([3, 0]);
      expect(await list(1500)).toEqual([1, 0]);
      expect(await list(9999)).toEqual([3, 0]);
      const committed = await admin.listOffsets(new Map([[full, 'latest']]), { isolation: 'committed' });
      expect(committed.get(full)).toBe(3);
    });

    test('deletes records below an offset', async (scene) => {
      const topic = await scene.topic();
      const tp = topicPartition(topic, 0);
      await scene.write(tp, ['a', 'b', 'c']);
      const admin = scene.client.admin();
      await admin.deleteRecords(new Map([[tp, 2]]));
      expect((await admin.listOffsets(new Map([[tp, 'earliest']]), { isolation: 'uncommitted' })).get(tp)).toBe(2);
      expect(await rejectionOf(admin.deleteRecords(new Map([[tp, 99]])))).toMatchObject({ kind: 'fatal', kafkaCode: 1 });
    });

    test('deletes topics; one that is not there counts as deleted', async (scene) => {
      const topic = await scene.topic();
      const admin = scene.client.admin();
      await admin.deleteTopics([topic, 'no-such-topic']);
      expect((await admin.describeTopics([topic])).get(topic)).toBe(undefined);
    });

    test('knows no offsets of a group that never was', async (scene) => {
      const tp = topicPartition(await scene.topic(), 0);
      expect(await scene.client.admin().groupOffsets(scene.name('group'), [tp])).toEqual(new Map([[tp, null]]));
    });

    test('names the topic that does not exist', async (scene) => {
      const admin = scene.client.admin();
      const missing = topicPartition('no-such-topic', 0);
      const rejections = await Promise.all(
        [
          admin.topicConfigs(['no-such-topic']),
          admin.listOffsets(new Map([[missing, 'latest']]), { isolation: 'uncommitted' }),
          admin.deleteRecords(new Map([[missing, 0]])),
        ].map(rejectionOf),
      );
      for (const rejection of rejections) {
        expect(rejection).toMatchObject({ kind: 'fatal', kafkaCode: 3, details: { topic: 'no-such-topic' } });
      }
    });
  });
}
