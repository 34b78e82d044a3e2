import { describe, expect, it } from 'vitest';
import { append, logWith } from '../support/logs.ts';
import type { AppendResult, PartitionLog } from '../../src/log/partition-log.ts';

function send(log: PartitionLog, baseSequence: number, count = 1, producerEpoch = 0, producerId = 7): AppendResult {
  return append(
    log,
    Array.from({ length: count }, () => ({ key: 'k' })),
    { stamp: { producerId, producerEpoch, baseSequence } },
  );
}

/** Appends ten batches of two records each. */
function filled(): PartitionLog {
  const log = logWith();
  for (let batch = 0; batch < 10; batch++) send(log, batch * 2, 2);
  return log;
}

describe('idempotent producers', () => {
  it.each([
    ['the next sequence', 20, 1, 0, { kind: 'appended', baseOffset: 20 }],
    ['the last batch again', 18, 2, 0, { kind: 'duplicate', baseOffset: 18 }],
    ['the fifth last batch again', 10, 2, 0, { kind: 'duplicate', baseOffset: 10 }],
    ['an older batch again', 8, 2, 0, { kind: 'gap' }],
    ['the last batch cut differently', 18, 1, 0, { kind: 'gap' }],
    ['a gap', 21, 1, 0, { kind: 'gap' }],
    ['the next epoch from 0', 0, 1, 1, { kind: 'appended', baseOffset: 20 }],
    ['the next epoch from elsewhere', 20, 1, 1, { kind: 'gap' }],
  ])('%s', (_, baseSequence, count, epoch, expected) => {
    const log = filled();
    expect(send(log, baseSequence, count, epoch)).toMatchObject(expected);
    expect(log.endOffset).toBe(20 + (expected.kind === 'appended' ? count : 0));
  });

  it('an old epoch is fenced, also with a batch that was known', () => {
    const log = filled();
    send(log, 0, 1, 1);
    expect(send(log, 18, 2, 0)).toMatchObject({ kind: 'fenced' });
    expect(send(log, 0, 1, 1)).toMatchObject({ kind: 'duplicate', baseOffset: 20 });
  });

  it('an unknown producer may begin anywhere', () => {
    expect(send(logWith(), 12_345)).toMatchObject({ kind: 'appended', baseOffset: 0 });
  });

  it('sequences wrap at 2^31', () => {
    const log = logWith();
    send(log, 2_147_483_646, 3);
    expect(send(log, 1)).toMatchObject({ kind: 'appended', baseOffset: 3 });
    expect(send(log, 2_147_483_646, 3)).toMatchObject({ kind: 'duplicate', baseOffset: 0 });
    const exact = logWith();
    send(exact, 2_147_483_647);
    expect(send(exact, 0)).toMatchObject({ kind: 'appended' });
  });

  it.each([
    ['the timestamps are new', {}, [{ timestamp: 50 }, { timestamp: 100 }, { timestamp: 80 }], 1100],
    ['they are older than the batch', {}, [{ timestamp: 50 }], 1050],
    ['there are none', {}, [{ timestamp: -1 }], 999],
    ['the broker sets them', { 'message.timestamp.type': 'LogAppendTime' }, [{ timestamp: -1 }], 1100],
  ])('a producer is forgotten when its last timestamp is old: %s', (_, configs, records, forgottenMs) => {
    const log = logWith(configs);
    const stamp = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
    append(log, records, { nowMs: 100, stamp });
    log.expireProducers(forgottenMs - 1, 1000);
    expect(append(log, records, { nowMs: 100, stamp })).toMatchObject({ kind: 'duplicate', baseOffset: 0 });
    log.expireProducers(forgottenMs, 1000);
    expect([...log.producers.values()]).toEqual([]);
    expect(append(log, records, { nowMs: 100, stamp })).toMatchObject({ kind: 'appended', baseOffset: records.length });
  });

  it('a producer is not forgotten in a transaction', () => {
    const log = logWith();
    append(log, [{ timestamp: 0 }], { stamp: { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true } });
    log.expireProducers(10_000, 1000);
    expect([...log.producers.values()].map(({ producerId }) => producerId)).toEqual([7]);
  });
});
