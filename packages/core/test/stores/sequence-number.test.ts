import { describe, expect, it } from 'vitest';
import { laterNumber, nextNumber } from '../../src/stores/sequence-number.ts';
import type { WindowStore } from '../../src/stores/window-faces.ts';
import { specBase, WindowedHarness } from './windowed-harness.ts';

const last = 0x7fff_ffff;

describe('numbers', () => {
  it.each([
    [0, 1],
    [41, 42],
    [last, 0],
  ])('after %i comes %i', (number, next) => {
    expect(nextNumber(number)).toBe(next);
  });

  it.each([
    [0, 0, 0],
    [0, 1, 1],
    [0, 0x5000_0000, 0x5000_0000],
    [0x5000_0000, 0, 0],
    [7, 3, 7],
    [last, 0, 0],
    [last, 5, 5],
    [5, last, 5],
    [0x4000_0001, 1, 0x4000_0001],
    [0x4000_0002, 1, 1],
    [1, 0x4000_0001, 1],
    [2, 0x4000_0001, 0x4000_0001],
  ])('of %i and %i the later is %i', (one, other, later) => {
    expect(laterNumber(one, other)).toBe(later);
  });
});

describe('a store that retains duplicates', () => {
  const spec = {
    kind: 'window',
    ...specBase,
    timestamped: false,
    retentionMs: 60_000,
    windowSizeMs: 1_000,
    retainDuplicates: true,
    timeOrdered: false,
  } as const;

  it('gives no number again after somebody who began anew has written to its changelog', () => {
    const harness = new WindowedHarness<WindowStore<string, string>>(spec).at(1);
    for (const value of ['a', 'b', 'c']) harness.store.put('k', value, 5);
    harness.commit();
    // Kafka Streams that takes over counts from 1.
    const [first] = harness.logged;
    if (first === undefined) throw new Error('nothing was logged');
    const key = Buffer.from(first.key, 'latin1');
    key.writeBigInt64BE(9n, key.length - 12);
    harness.logged.push({ ...first, key: key.toString('latin1'), value: 'd' });

    const { store } = harness.restored().at(2);
    store.put('k', 'e', 5);
    expect([...store.fetch('k', 0, 10)].map(({ start, value }) => `${start}${value}`)).toEqual(['5a', '5b', '5c', '5e', '9d']);
  });
});
