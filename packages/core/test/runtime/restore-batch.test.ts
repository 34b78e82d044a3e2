/** What of a batch is state where a source topic doubles as changelog. */
import { describe, expect, it } from 'vitest';
import { topicPartition } from '../../src/kafka/topic-partition.ts';
import { recordsBelow } from '../../src/runtime/restore-batch.ts';
import { fetched } from '../engine/task-harness.ts';

const tp = topicPartition('source', 0);
const batch = fetched(tp, 4, [
  { key: 'a', value: 'x', timestamp: 10, headers: [['time', '7']] },
  { key: 'b', value: null, timestamp: 11 },
  { key: 'c', value: 'z', timestamp: 12 },
]);

describe('records below an offset', () => {
  it('are the whole batch, if it ends there', () => {
    expect(recordsBelow(batch, 7)).toBe(batch);
  });

  it('end at the offset, and are otherwise as they came, with their headers: an extractor may take the time from these', () => {
    const below = recordsBelow(batch, 6);
    expect([below.count, below.nextOffset]).toEqual([2, 6]);
    for (let i = 0; i < below.count; i++) {
      expect([below.offset(i), below.timestamp(i), below.key(i), below.value(i)]).toEqual([
        batch.offset(i),
        batch.timestamp(i),
        batch.key(i),
        batch.value(i),
      ]);
      expect(below.headers(i).toArray()).toEqual(batch.headers(i).toArray());
    }
    expect(below.headers(0).toArray()).toHaveLength(1);
  });
});
