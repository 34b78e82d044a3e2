/** What a store says it holds uncommitted, by which commits are forced (I7): it grows with what is there, not with how often it was written, and goes with commit and abort. */
import { describe, expect, it } from 'vitest';
import { storeKinds } from './store-kinds.ts';
import { WindowedHarness } from './windowed-harness.ts';

describe.each(storeKinds)('%s', (_name, { holdsEvery, spec, write }) => {
  const written = (...keys: readonly string[]): { readonly harness: WindowedHarness<never>; readonly bytes: number } => {
    const harness = new WindowedHarness<never>(spec).at(5);
    for (const key of keys) write(harness, key);
    return { harness, bytes: harness.managed.uncommittedBytes };
  };

  it('nothing at first', () => {
    expect(written().bytes).toBe(0);
  });

  it('each key counts, and as much as the one before', () => {
    const one = written('a').bytes;
    expect(one).toBeGreaterThan(5);
    expect(written('a', 'b').bytes).toBe(2 * one);
    expect(written('a', 'b', 'c').bytes).toBe(3 * one);
  });

  it('writing again', () => {
    const [one, thrice] = [written('a').bytes, written('a', 'a', 'a').bytes];
    if (holdsEvery) expect(thrice).toBeGreaterThan(one);
    else expect(thrice).toBe(one);
  });

  it('a commit takes all of it, and what is written afterwards counts anew', () => {
    const { bytes, harness } = written('a', 'b');
    harness.commit();
    expect(harness.managed.uncommittedBytes).toBe(0);
    write(harness, 'c');
    expect(harness.managed.uncommittedBytes).toBe(bytes / 2);
  });

  it('what is written again after its commit counts as much as at first', () => {
    const { bytes, harness } = written('a');
    harness.commit();
    write(harness, 'a');
    if (holdsEvery) expect(harness.managed.uncommittedBytes).toBeGreaterThanOrEqual(bytes);
    else expect(harness.managed.uncommittedBytes).toBe(bytes);
  });

  it('each byte of a value counts', () => {
    const [short, long] = ['value', 'v'.repeat(1005)].map((value) => {
      const harness = new WindowedHarness<never>(spec).at(5);
      write(harness, 'a', value);
      return harness.managed.uncommittedBytes;
    }) as [number, number];
    expect(long - short).toBe(1000);
  });

  it('an abort drops it', () => {
    const { bytes, harness } = written('a', 'b');
    harness.abort();
    expect(harness.managed.uncommittedBytes).toBe(0);
    harness.at(5);
    write(harness, 'c');
    expect(harness.managed.uncommittedBytes).toBe(bytes / 2);
  });

  it('what a commit has taken counts until it is through', () => {
    const { bytes, harness } = written('a', 'b');
    const batch = harness.engine.batch();
    harness.managed.flush();
    harness.managed.take(batch);
    expect(harness.managed.uncommittedBytes).toBe(bytes);
    write(harness, 'c');
    expect(harness.managed.uncommittedBytes).toBe(bytes + bytes / 2);
    void batch.commit();
    harness.managed.settle();
    expect(harness.managed.uncommittedBytes).toBe(bytes / 2);
  });
});
