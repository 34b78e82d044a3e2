import { describe, expect, it } from 'vitest';
import { LeaderEpochs } from '../../src/log/leader-epochs.ts';

/** Epochs 0, 2 and 5 begin at 0, 10 and 20; epoch 6 leads and has written nothing; the log ends at 30. */
function epochs(): LeaderEpochs {
  const made = new LeaderEpochs();
  for (const [epoch, offset] of [
    [0, 0],
    [0, 5],
    [2, 10],
    [5, 20],
    [5, 25],
  ] as const)
    made.assign(epoch, offset);
  return made;
}

describe('LeaderEpochs', () => {
  it.each([
    [-1, { epoch: -1, endOffset: -1 }],
    [0, { epoch: 0, endOffset: 10 }],
    [1, { epoch: 0, endOffset: 10 }],
    [2, { epoch: 2, endOffset: 20 }],
    [4, { epoch: 2, endOffset: 20 }],
    [5, { epoch: 5, endOffset: 30 }],
    [6, { epoch: 6, endOffset: 30 }],
    [7, { epoch: -1, endOffset: -1 }],
  ])('ends epoch %i', (asked, expected) => {
    expect(epochs().endOf(asked, 6, 30)).toEqual(expected);
  });

  it('knows the epoch of an offset', () => {
    expect([0, 9, 10, 19, 20, 29].map((offset) => epochs().epochAt(offset))).toEqual([0, 0, 2, 2, 5, 5]);
    expect(new LeaderEpochs().epochAt(0)).toBe(-1);
  });

  it('forgets what lies below the log', () => {
    const made = epochs();
    made.truncateBelow(15);
    expect([made.epochAt(14), made.epochAt(15), made.epochAt(20)]).toEqual([-1, 2, 5]);
    expect(made.endOf(0, 6, 30)).toEqual({ epoch: 0, endOffset: 15 });
  });
});
