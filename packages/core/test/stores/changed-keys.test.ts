/** Keys in the order of a Java `HashSet<Bytes>`, whose table doubles when it is three quarters full and never gets smaller. */
import { describe, expect, it } from 'vitest';
import { ChangedKeys } from '../../src/stores/changed-keys.ts';

/** Of one letter, whose hash is 31 and its code: the bucket is the hash's end. */
const keys = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => String.fromCharCode(33 + ((index * 37) % 90)));

function byBucket(names: readonly string[], tableSize: number): readonly string[] {
  const bucketOf = (name: string): number => (31 + name.charCodeAt(0)) % tableSize;
  return names
    .map((name, arrival) => ({ name, arrival }))
    .sort((a, b) => bucketOf(a.name) - bucketOf(b.name) || a.arrival - b.arrival)
    .map(({ name }) => name);
}

function drained(changed: ChangedKeys, names: readonly string[]): readonly string[] {
  for (const name of names) changed.add(name);
  expect(changed.size).toBe(names.length);
  return changed.drain();
}

describe('keys that changed', () => {
  it.each([
    [1, 16],
    [12, 16],
    [13, 32],
    [24, 32],
    [25, 64],
    [48, 64],
    [49, 128],
  ])('%i of them lie in %i buckets', (count, tableSize) => {
    expect(drained(new ChangedKeys(), keys(count))).toEqual(byBucket(keys(count), tableSize));
  });

  it('keep their buckets when they are taken, until a restart', () => {
    const changed = new ChangedKeys();
    drained(changed, keys(13));
    expect(changed.size).toBe(0);
    expect(drained(changed, keys(10))).toEqual(byBucket(keys(10), 32));
    changed.clear();
    expect(drained(changed, keys(10))).toEqual(byBucket(keys(10), 16));
  });

  it('count once, where they came first', () => {
    const changed = new ChangedKeys();
    for (const name of ['q', 'a', 'q']) changed.add(name);
    expect(changed.drain()).toEqual(['q', 'a']);
  });

  it('have hashes of signed bytes, over all of them, folded', () => {
    // `Arrays.hashCode` of [-1] is 30, of [0, 0] 961, of [127, 127, 127] 155_902, whose upper half folds into 2.
    const hashed: readonly (readonly [name: string, bucket: number])[] = [
      ['\xff', 30 % 16],
      ['\0\0', 961 % 16],
      ['\x7f\x7f\x7f', (155_902 ^ (155_902 >>> 16)) % 16],
    ];
    const ordered = [...hashed].sort(([, a], [, b]) => a - b).map(([name]) => name);
    expect(
      drained(
        new ChangedKeys(),
        hashed.map(([name]) => name),
      ),
    ).toEqual(ordered);
  });
});
