/** Logs keep offsets however they are cut; queues forget what was taken back. */
import { topicPartition } from '@millrace/core/kafka';
import { describe, expect, it } from 'vitest';
import type { NewRecord } from '../../src/topics/partition-log.ts';
import { PartitionLog } from '../../src/topics/partition-log.ts';
import { TopicLogs } from '../../src/topics/topic-logs.ts';

const record = (value: number, piped: boolean = false): NewRecord => ({
  timestamp: value,
  key: null,
  value: Uint8Array.of(value),
  headers: [],
  piped,
  arrival: value,
});
const offsets = (log: PartitionLog, from: number, to?: number): number[] => log.read(from, to).map(({ offset }) => offset);

describe('a partition log', () => {
  it('reads ranges by offset, also after it was trimmed', () => {
    const log = new PartitionLog(topicPartition('t', 0));
    for (let value = 0; value < 5; value++) log.append(record(value));
    expect(offsets(log, 1, 3)).toEqual([1, 2]);
    log.trim(2);
    expect([log.start, log.end]).toEqual([2, 5]);
    expect(offsets(log, 0)).toEqual([2, 3, 4]);
    log.trim(1);
    expect(log.start).toBe(2);
    expect(log.append(record(5)).offset).toBe(5);
  });

  it('keeps what was piped when what was produced is taken back', () => {
    const log = new PartitionLog(topicPartition('t', 0));
    for (let value = 0; value < 5; value++) log.append(record(value, value % 2 === 1));
    log.takeBack(1);
    expect(log.read(0).map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [0, 0],
      [1, 1],
      [2, 3],
    ]);
  });

  it('gives a taken-back place to the next record', () => {
    const log = new PartitionLog(topicPartition('t', 0));
    for (let value = 0; value < 5; value++) log.append(record(value));
    log.trim(1);
    log.takeBack(3);
    expect([log.start, log.end]).toEqual([1, 3]);
    expect(log.append(record(9))).toMatchObject({ offset: 3, timestamp: 9 });
    log.takeBack(7);
    expect(log.end).toBe(4);
  });
});

describe('topic logs', () => {
  it('queue what is produced over all partitions, in its order', () => {
    const logs = new TopicLogs();
    for (const [partition, value] of [
      [1, 1],
      [0, 2],
      [1, 3],
    ] as const)
      logs.produce(topicPartition('t', partition), record(value));
    expect(logs.producedTopics).toEqual(['t']);
    const queue = logs.produced('t');
    expect([queue?.shift()?.timestamp, queue?.shift()?.timestamp, queue?.shift()?.timestamp, queue?.shift()]).toEqual([1, 2, 3, undefined]);
  });

  it('take back from logs and queues what came after the given ends', () => {
    const logs = new TopicLogs();
    const [zero, one] = [topicPartition('t', 0), topicPartition('t', 1)];
    logs.produce(zero, record(1));
    const ends = logs.ends();
    logs.produce(zero, record(2));
    logs.produce(one, record(3));
    logs.pipe(topicPartition('piped', 0), record(4));
    logs.takeBack(ends);
    expect([logs.log(zero).end, logs.log(one).end, logs.log(topicPartition('piped', 0)).end]).toEqual([1, 0, 1]);
    expect(logs.produced('t')?.size).toBe(1);
  });

  it('let go of what was read', () => {
    const logs = new TopicLogs();
    for (let value = 0; value < 1000; value++) logs.produce(topicPartition('t', 0), record(value % 256));
    const queue = logs.produced('t');
    for (let value = 0; value < 1000; value++) expect(queue?.shift()?.offset).toBe(value);
    expect(queue?.size).toBe(0);
  });
});
