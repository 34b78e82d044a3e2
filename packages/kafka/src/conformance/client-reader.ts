/** Reading without a group, as every client must do it. */
import { type PartitionProgress, type PollResult, type ReadIssue, type TopicPartition, topicPartition } from '@millrace/core/kafka';
import type { SceneTest } from './client.ts';
import { append, type ClientScene, numbered, partitionsOf, recordsOf, rejectionOf } from './client-scene.ts';
import type { TestTools } from './test-tools.ts';

export function describeReader({ describe, expect }: TestTools, test: SceneTest): void {
  describe('reader', () => {
    test('starts where it is told and goes on with what is written', async (scene) => {
      const tp = topicPartition(await scene.topic(), 0);
      await scene.write(tp, ['a', 'b', 'c']);
      const reader = scene.reader(new Map([[tp, 1]]));
      expect(reader.position(tp)).toBe(1);
      expect((await scene.read(reader, 2)).map(({ offset, value }) => [offset, value])).toEqual([
        [1, 'b'],
        [2, 'c'],
      ]);
      expect(reader.position(tp)).toBe(3);
      await scene.write(tp, ['d']);
      expect((await scene.read(reader, 1)).map(({ offset, value }) => [offset, value])).toEqual([[3, 'd']]);
    });

    test('tells position, end and beginning of every partition, empty ones too', async (scene) => {
      const [full, empty, cut] = partitionsOf(await scene.topic(3), 3) as [TopicPartition, TopicPartition, TopicPartition];
      await scene.write(full, ['a', 'b']);
      await scene.write(cut, ['a', 'b', 'c']);
      await scene.client.admin().deleteRecords(new Map([[cut, 2]]));
      const reader = scene.reader(
        new Map([
          [full, 0],
          [empty, 0],
          [cut, 2],
        ]),
      );
      const last = new Map<TopicPartition, PartitionProgress>();
      await scene.poll(reader, ({ progress }) => {
        for (const one of progress) last.set(one.tp, one);
        return last.size === 3 && Array.from(last.values()).every(({ position, end }) => position === end);
      });
      expect([full, empty, cut].map((tp) => last.get(tp))).toEqual([
        { tp: full, position: 2, end: 2, logStart: 0 },
        { tp: empty, position: 0, end: 0, logStart: 0 },
        { tp: cut, position: 3, end: 3, logStart: 2 },
      ]);
    });

    test('returns at once with what is buffered, and empty-handed when the time is over', async (scene) => {
      const tp = topicPartition(await scene.topic(), 0);
      const { clock } = scene.client;
      const reader = scene.reader(new Map([[tp, 0]]));
      // The first answer brings the news that there is nothing.
      await scene.poll(reader, ({ progress }) => progress.length > 0);
      const startMs = clock.monotonic();
      expect((await reader.poll({ maxWaitMs: 300 })).batches).toEqual([]);
      expect(clock.monotonic() - startMs).toBeGreaterThanOrEqual(295);
      expect(await reader.poll({ maxWaitMs: 0 })).toMatchObject({ batches: [], issues: [] });
      const abort = new AbortController();
      const waiting = reader.poll({ maxWaitMs: 60_000, signal: abort.signal });
      expect(await rejectionOf(reader.poll({ maxWaitMs: 0 }))).toMatchObject({ kind: 'fatal' });
      abort.abort();
      expect((await waiting).batches).toEqual([]);
    });

    test('hands out nothing of paused partitions, and keeps what it has of them', async (scene) => {
      const [first, second] = partitionsOf(await scene.topic(2), 2) as [TopicPartition, TopicPartition];
      await scene.write(first, ['a']);
      await scene.write(second, ['b']);
      const reader = scene.reader(
        new Map([
          [first, 0],
          [second, 0],
        ]),
      );
      reader.pause([first]);
      expect((await scene.read(reader, 1)).map(({ value }) => value)).toEqual(['b']);
      expect((await reader.poll({ maxWaitMs: 300 })).batches).toEqual([]);
      expect(reader.position(first)).toBe(0);
      reader.resume([first]);
      expect((await scene.read(reader, 1)).map(({ value }) => value)).toEqual(['a']);
    });

    test('forgets at once what it had of a partition that is sought, assigned anew or taken away', async (scene) => {
      const tp = topicPartition(await scene.topic(), 0);
      await scene.write(tp, numbered('', 10));
      const reader = scene.reader(new Map([[tp, 0]]));
      await scene.sleep(300);
      reader.seek(tp, 8);
      expect((await scene.read(reader, 2)).map(({ offset }) => offset)).toEqual([8, 9]);
      reader.assign(new Map([[tp, 7]]));
      expect((await scene.read(reader, 3)).map(({ offset }) => offset)).toEqual([7, 8, 9]);
      reader.seek(tp, 0);
      await scene.sleep(300);
      reader.unassign([tp]);
      expect(await reader.poll({ maxWaitMs: 300 })).toEqual({ batches: [], progress: [], issues: [] });
      expect(await rejectionOf(Promise.resolve().then(() => reader.position(tp)))).toMatchObject({ kind: 'fatal' });
    });

    test('serves every partition however full the others are', async (scene) => {
      const topic = await scene.topic(4);
      const tps = partitionsOf(topic, 4);
      const producer = scene.producer();
      await producer.lookUp([topic]);
      for (const { partition } of tps)
        for (let index = 0; index < 400; index++) append(producer.partition(topic, partition), { value: 'x'.repeat(1_000) });
      await producer.flush();
      // Far less room than there are records, and most of it taken by partitions that are paused.
      const reader = scene.reader(new Map(tps.map((tp) => [tp, 0])), { maxBufferedBytes: 200_000, maxPartitionBytes: 64 * 1024 });
      await scene.sleep(500);
      reader.pause(tps.slice(0, 3));
      expect((await scene.read(reader, 400)).length).toBe(400);
      reader.resume(tps.slice(0, 3));
      expect((await scene.read(reader, 1_200)).length).toBe(1_200);
    });

    test('hands out whole batches up to a soft limit, the partitions in turn', async (scene) => {
      const tps = partitionsOf(await scene.topic(3), 3);
      for (const tp of tps) await scene.write(tp, ['x'.repeat(2_000)]);
      const reader = scene.reader(new Map(tps.map((tp) => [tp, 0])));
      const served: number[] = [];
      await scene.sleep(300);
      while (served.length < 3) {
        const { batches } = await reader.poll({ maxWaitMs: 5_000, maxBytes: 1 });
        expect(batches.length).toBe(1);
        for (const { tp } of batches) served.push(tp.partition);
      }
      expect(served.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    });

    test('does not let an idle partition delay a busy one', async (scene) => {
      const [idle, busy] = partitionsOf(await scene.topic(2), 2) as [TopicPartition, TopicPartition];
      const { clock } = scene.client;
      await scene.write(busy, numbered('', 5));
      const reader = scene.reader(new Map([[idle, 0]]));
      await scene.poll(reader, ({ progress }) => progress.length > 0);
      // By now a long poll of the idle partition is parked at the broker.
      await scene.sleep(50);
      const startMs = clock.monotonic();
      reader.assign(new Map([[busy, 0]]));
      expect((await scene.read(reader, 5)).length).toBe(5);
      expect(clock.monotonic() - startMs).toBeLessThan(300);
    });

    for (const { what, position, bounds } of [
      { what: 'before the beginning', position: 0, bounds: { logStart: 2, logEnd: 3 } },
      { what: 'behind the end', position: 99, bounds: { logStart: 2, logEnd: 3 } },
    ]) {
      test(`reports a position ${what} and never resets it`, async (scene) => {
        const tp = topicPartition(await scene.topic(), 0);
        await scene.write(tp, ['a', 'b', 'c']);
        await scene.client.admin().deleteRecords(new Map([[tp, 2]]));
        const reader = scene.reader(new Map([[tp, position]]));
        expect(await issueOf(scene, reader)).toEqual({ kind: 'outOfRange', tp, position, ...bounds });
        expect(await reader.poll({ maxWaitMs: 700 })).toMatchObject({ batches: [], issues: [] });
        expect(reader.position(tp)).toBe(position);
        reader.seek(tp, 2);
        expect((await scene.read(reader, 1)).map(({ value }) => value)).toEqual(['c']);
      });
    }

    test('reports a topic that does not exist, and reads the others', async (scene) => {
      const tp = topicPartition(await scene.topic(), 0);
      const missing = topicPartition('no-such-topic', 0);
      await scene.write(tp, ['a']);
      const reader = scene.reader(
        new Map([
          [missing, 0],
          [tp, 0],
        ]),
      );
      expect((await scene.read(reader, 1)).map(({ value }) => value)).toEqual(['a']);
      expect(await issueOf(scene, reader)).toMatchObject({ kind: 'missingTopic', tp: missing, error: { kafkaCode: 3 } });
    });

    test('notices that a topic was deleted and made again', async (scene) => {
      const { topicIds } = await scene.client.connect();
      if (!topicIds) return;
      const topic = await scene.topic();
      const tp = topicPartition(topic, 0);
      await scene.write(tp, ['old']);
      const reader = scene.reader(new Map([[tp, 0]]));
      expect((await scene.read(reader, 1)).map(({ value }) => value)).toEqual(['old']);
      const admin = scene.client.admin();
      await admin.deleteTopics([topic]);
      await scene.sleep(200);
      await recreate(scene, topic);
      expect(await issueOf(scene, reader)).toMatchObject({ kind: 'recreated', tp, error: { kind: 'fatal' } });
    });

    test('goes on reading when leaders move and connections break', async (scene) => {
      const { faults } = scene;
      if (faults === undefined) return;
      const tp = topicPartition(await scene.topic(), 0);
      await scene.write(tp, numbered('', 5));
      const reader = scene.reader(new Map([[tp, 0]]));
      expect((await scene.read(reader, 5)).length).toBe(5);
      await faults.moveLeader(tp);
      await scene.write(tp, numbered('', 5));
      expect((await scene.read(reader, 5)).map(({ offset }) => offset)).toEqual([5, 6, 7, 8, 9]);
      await faults.disconnect();
      await scene.write(tp, numbered('', 5));
      expect((await scene.read(reader, 5)).map(({ offset }) => offset)).toEqual([10, 11, 12, 13, 14]);
    });

    test('has an end: pending polls reject', async (scene) => {
      const tp = topicPartition(await scene.topic(), 0);
      const reader = scene.reader(new Map([[tp, 0]]));
      await scene.poll(reader, ({ progress }) => progress.length > 0);
      const pending = rejectionOf(reader.poll({ maxWaitMs: 60_000 }));
      await reader.close();
      expect(await pending).toMatchObject({ kind: 'fatal', details: { closed: true } });
      expect(await rejectionOf(reader.poll({ maxWaitMs: 0 }))).toMatchObject({ details: { closed: true } });
    });

    test('reads large batches from the middle, records below the position left out', async (scene) => {
      const topic = await scene.topic();
      const tp = topicPartition(topic, 0);
      const producer = scene.producer({ maxBatchBytes: 1024 * 1024, compression: 'gzip' });
      await producer.lookUp([topic]);
      for (const value of numbered('', 5_000)) append(producer.partition(topic, 0), { value });
      await producer.flush();
      const results: PollResult[] = [];
      const reader = scene.reader(new Map([[tp, 4_990]]), { maxPartitionBytes: 1 });
      await scene.poll(reader, (result) => {
        results.push(result);
        return result.batches.length > 0;
      });
      const [batch] = results.flatMap(({ batches }) => batches);
      expect(batch?.nextOffset).toBe(5_000);
      expect(batch === undefined ? [] : recordsOf(batch).map(({ value }) => value)).toEqual(numbered('', 5_000).slice(4_990));
    });
  });
}

async function issueOf(scene: ClientScene, reader: Parameters<ClientScene['poll']>[0]): Promise<ReadIssue | undefined> {
  let found: ReadIssue | undefined;
  await scene.poll(reader, ({ issues }) => (found = issues[0]) !== undefined);
  return found;
}

/** A cluster may take a while to let go of a deleted topic's name. */
async function recreate(scene: ClientScene, name: string): Promise<void> {
  const admin = scene.client.admin();
  for (let attempt = 0; attempt < 50; attempt++) {
    const created = await admin.createTopics([{ name, partitions: 1, replicationFactor: -1, configs: {} }]);
    if (created.get(name) === 'created') return;
    await scene.sleep(100);
  }
  throw new Error(`topic ${name} could not be made again`);
}
