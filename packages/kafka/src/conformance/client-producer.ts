/** Writing, as every client must do it. */
import { Headers, topicPartition, type ProduceFailure } from '@millrace/core/kafka';
import type { SceneTest } from './client.ts';
import { append, numbered, partitionsOf, recordsOf, rejectionOf, text } from './client-scene.ts';
import type { TestTools } from './test-tools.ts';

const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export function describeProducer({ describe, expect }: TestTools, test: SceneTest): void {
  describe('producer', () => {
    test('writes keys, values, nulls, headers and timestamps as they are', async (scene) => {
      const topic = await scene.topic();
      const producer = scene.producer();
      await producer.lookUp([topic]);
      const output = producer.partition(topic, 0);
      append(output, { key: 'k', value: 'v', timestamp: 1_000 });
      append(output, { key: 'deleted', value: null, timestamp: 5 });
      append(output, { key: null, value: '', timestamp: 2_000 });
      const headers = new Headers()
        .add('a', 'first')
        .add('a', null)
        .add('ü', new Uint8Array([0, 255]));
      append(output, { key: '', value: 'with headers', timestamp: 3_000, headers });
      expect(output.appended).toBe(4);
      await producer.flush();
      const reader = scene.reader(new Map([[topicPartition(topic, 0), 0]]));
      const read: unknown[] = [];
      let lastHeaders: unknown;
      await scene.poll(reader, ({ batches }) => {
        for (const batch of batches) {
          read.push(...recordsOf(batch));
          lastHeaders = batch
            .headers(batch.count - 1)
            .toArray()
            .map(({ key, value }) => [key, value === null ? null : [...value]]);
        }
        return read.length >= 4;
      });
      expect(read).toEqual([
        { offset: 0, timestamp: 1_000, key: 'k', value: 'v' },
        { offset: 1, timestamp: 5, key: 'deleted', value: null },
        { offset: 2, timestamp: 2_000, key: null, value: '' },
        { offset: 3, timestamp: 3_000, key: '', value: 'with headers' },
      ]);
      expect(lastHeaders).toEqual([
        ['a', [...Buffer.from('first')]],
        ['a', null],
        ['ü', [0, 255]],
      ]);
    });

    for (const compression of compressions) {
      test(`keeps the order of each partition over many batches (${compression})`, async (scene) => {
        const topic = await scene.topic(3);
        const producer = scene.producer({ compression, maxBatchBytes: 1_000 });
        await producer.lookUp([topic]);
        const values = numbered('value-', 900);
        values.forEach((value, index) => append(producer.partition(topic, index % 3), { value }));
        const acknowledged = await producer.flush();
        const tps = partitionsOf(topic, 3);
        expect(tps.map((tp) => acknowledged.get(tp))).toEqual(tps.map(() => ({ lastOffset: 299, contiguous: true })));
        const reader = scene.reader(new Map(tps.map((tp) => [tp, 0])));
        const read = await scene.read(reader, values.length);
        const byPartition = tps.map((_, partition) => values.filter((__, index) => index % 3 === partition));
        // Values of one partition end in numbers of one residue, so sorting by place shows any disorder within it.
        const got = tps.map((_, partition) =>
          read.map(({ value }) => value ?? '').filter((value) => Number(value.slice(6)) % 3 === partition),
        );
        expect(got).toEqual(byPartition);
      });
    }

    test('tells with each flush what was acknowledged since the one before', async (scene) => {
      const topic = await scene.topic(2);
      const producer = scene.producer();
      await producer.lookUp([topic]);
      const [first, second] = partitionsOf(topic, 2);
      append(producer.partition(topic, 0), { value: 'a' });
      append(producer.partition(topic, 0), { value: 'b' });
      expect(await producer.flush()).toEqual(new Map([[first, { lastOffset: 1, contiguous: true }]]));
      expect(producer.bufferedBytes).toBe(0);
      append(producer.partition(topic, 1), { value: 'c' });
      expect(await producer.flush()).toEqual(new Map([[second, { lastOffset: 0, contiguous: true }]]));
      expect(await producer.flush()).toEqual(new Map());
    });

    test('notices that somebody else writes to the partition', async (scene) => {
      const topic = await scene.topic();
      const tp = topicPartition(topic, 0);
      const producer = scene.producer();
      await producer.lookUp([topic]);
      append(producer.partition(topic, 0), { value: 'ours' });
      await producer.flush();
      await scene.write(tp, ['theirs']);
      append(producer.partition(topic, 0), { value: 'ours again' });
      expect(await producer.flush()).toEqual(new Map([[tp, { lastOffset: 2, contiguous: false }]]));
      append(producer.partition(topic, 0), { value: 'and again' });
      expect(await producer.flush()).toEqual(new Map([[tp, { lastOffset: 3, contiguous: true }]]));
    });

    test('sends after the linger time without being told', async (scene) => {
      const topic = await scene.topic();
      const producer = scene.producer({ lingerMs: 50 });
      await producer.lookUp([topic]);
      const reader = scene.reader(new Map([[topicPartition(topic, 0), 0]]));
      append(producer.partition(topic, 0), { value: 'by itself' });
      expect((await scene.read(reader, 1)).map(({ value }) => value)).toEqual(['by itself']);
    });

    test('sends at once when told', async (scene) => {
      const topic = await scene.topic();
      const producer = scene.producer({ lingerMs: 3_600_000 });
      await producer.lookUp([topic]);
      const reader = scene.reader(new Map([[topicPartition(topic, 0), 0]]));
      append(producer.partition(topic, 0), { value: 'now' });
      producer.send();
      expect((await scene.read(reader, 1)).map(({ value }) => value)).toEqual(['now']);
    });

    test('is full at its limit and drained below it', async (scene) => {
      const topic = await scene.topic();
      const producer = scene.producer({ lingerMs: 3_600_000, maxBufferedBytes: 10_000, maxBatchBytes: 4_000 });
      await producer.lookUp([topic]);
      const output = producer.partition(topic, 0);
      expect(producer.full).toBe(false);
      for (let index = 0; index < 200; index++) append(output, { value: 'x'.repeat(100) });
      expect(producer.full).toBe(true);
      await producer.drained();
      expect(producer.full).toBe(false);
      expect((await producer.flush()).get(topicPartition(topic, 0))?.lastOffset).toBe(199);
    });

    test('knows partition counts once it has looked', async (scene) => {
      const topic = await scene.topic(5);
      const producer = scene.producer();
      expect(producer.partitionCount(topic)).toBe(undefined);
      await producer.lookUp([topic]);
      expect(producer.partitionCount(topic)).toBe(5);
      expect(producer.partition(topic, 4)).toBe(producer.partition(topic, 4));
      expect(await rejectionOf(Promise.resolve().then(() => producer.partition(topic, 5)))).toMatchObject({ kind: 'fatal' });
    });

    test('names the topics that do not exist', async (scene) => {
      const topic = await scene.topic();
      const error = await rejectionOf(scene.producer().lookUp([topic, 'no-such-topic'], { timeoutMs: 500 }));
      expect(error).toMatchObject({ kind: 'fatal', details: { topics: 'no-such-topic' } });
    });

    test('stops for good at a record that is too large', async (scene) => {
      const topic = await scene.topic(1, { 'max.message.bytes': '2000' });
      const producer = scene.producer();
      await producer.lookUp([topic]);
      append(producer.partition(topic, 0), { value: 'x'.repeat(5_000) });
      const first = await rejectionOf(producer.flush());
      expect(first).toMatchObject({ kind: 'fatal', kafkaCode: 10, details: { topic } });
      expect(await rejectionOf(producer.flush())).toBe(first);
      expect(await rejectionOf(producer.drained())).toBe(first);
      expect(producer.full).toBe(true);
    });

    test('drops what is too large where it may, and writes the rest in order', async (scene) => {
      const topic = await scene.topic(1, { 'max.message.bytes': '2000' });
      const failures: ProduceFailure[] = [];
      const producer = scene.producer({
        onFailure(failure) {
          failures.push(failure);
          return 'drop';
        },
      });
      await producer.lookUp([topic]);
      const large = 'x'.repeat(5_000);
      // One batch: the broker refuses it, its halves are tried until only the large record is left.
      for (const value of ['a', 'b', large, 'c', 'd']) append(producer.partition(topic, 0), { value });
      expect(await producer.flush()).toEqual(new Map([[topicPartition(topic, 0), { lastOffset: 3, contiguous: true }]]));
      expect(failures.map(({ error, records }) => [error.kafkaCode, records.count, text(records.value(0))])).toEqual([[10, 1, large]]);
      append(producer.partition(topic, 0), { value: 'e' });
      await producer.flush();
      const read = await scene.read(scene.reader(new Map([[topicPartition(topic, 0), 0]])), 5);
      expect(read.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    test('writes what is left when it is closed', async (scene) => {
      const topic = await scene.topic();
      const producer = scene.producer({ lingerMs: 3_600_000 });
      await producer.lookUp([topic]);
      append(producer.partition(topic, 0), { value: 'last' });
      await producer.close();
      expect(await rejectionOf(producer.flush())).toMatchObject({ kind: 'fatal', details: { closed: true } });
      const read = await scene.read(scene.reader(new Map([[topicPartition(topic, 0), 0]])), 1);
      expect(read.map(({ value }) => value)).toEqual(['last']);
    });

    test('loses, repeats and reorders nothing when leaders move and connections break', async (scene) => {
      const { faults } = scene;
      if (faults === undefined) return;
      const topic = await scene.topic(2);
      const tps = partitionsOf(topic, 2);
      const producer = scene.producer({ maxBatchBytes: 500, lingerMs: 0 });
      await producer.lookUp([topic]);
      const values = numbered('', 600);
      for (const [index, value] of values.entries()) {
        append(producer.partition(topic, index % 2), { value });
        if (index % 100 === 50) for (const tp of tps) await faults.moveLeader(tp);
        if (index % 100 === 80) await faults.disconnect();
        if (index % 20 === 0) await scene.sleep(3);
      }
      const acknowledged = await producer.flush();
      expect(tps.map((tp) => acknowledged.get(tp))).toEqual(tps.map(() => ({ lastOffset: 299, contiguous: true })));
      for (const tp of tps) {
        const read = await scene.read(scene.reader(new Map([[tp, 0]])), 300);
        expect(read.map(({ value }) => Number(value))).toEqual(values.map(Number).filter((value) => value % 2 === tp.partition));
      }
    });
  });
}
