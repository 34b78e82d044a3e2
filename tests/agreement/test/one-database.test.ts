/** The shared database keeps the rows of its tasks apart, over crashes too. */
import { temporaryRoot } from '#cases/engines';
import type { EngineRange, StateDirectory, StateEngine } from '@millrace/state';
import { rocksDbEngine } from '@millrace/state/rocksdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oneDatabase } from '../src/one-database.ts';

let directory: StateDirectory;

beforeEach(async () => {
  directory = await oneDatabase(rocksDbEngine, temporaryRoot()).open({ applicationId: 'case', now: () => 0 });
});

afterEach(async () => {
  await directory.close();
});

async function put(engine: StateEngine, ...keys: readonly number[]): Promise<void> {
  const batch = engine.batch();
  for (const key of keys) batch.put(Uint8Array.of(key), Uint8Array.of(key, key));
  await batch.commit();
}

function keys(engine: StateEngine, range: EngineRange = {}): readonly number[] {
  const found: number[] = [];
  const iterator = engine.iterate(range);
  while (iterator.next()) found.push(...iterator.key);
  iterator.close();
  return found;
}

describe('a database for all tasks', () => {
  it('shows each task its own rows within its own bounds', async () => {
    const [one, other] = [await directory.openTask('0_0'), await directory.openTask('0_1')];
    await put(one.engine, 0, 1, 255);
    await put(other.engine, 1, 2);
    expect(keys(one.engine)).toEqual([0, 1, 255]);
    expect(keys(one.engine, { reverse: true })).toEqual([255, 1, 0]);
    expect(keys(one.engine, { gte: Uint8Array.of(1), lt: Uint8Array.of(255) })).toEqual([1]);
    expect(keys(other.engine)).toEqual([1, 2]);
    expect(one.engine.get(Uint8Array.of(2))).toBeUndefined();
    expect(one.engine.getMany([Uint8Array.of(1), Uint8Array.of(2)])).toEqual([Buffer.of(1, 1), undefined]);
    const batch = one.engine.batch();
    batch.deleteRange(Uint8Array.of(0), Uint8Array.of(255));
    batch.delete(Uint8Array.of(2));
    await batch.commit();
    expect([keys(one.engine), keys(other.engine)]).toEqual([[255], [1, 2]]);
  });

  it('keeps what was committed when all tasks are closed, and forgets a task that is destroyed', async () => {
    const [one, other] = [await directory.openTask('0_0'), await directory.openTask('0_1')];
    await put(one.engine, 1);
    await put(other.engine, 2);
    other.engine.batch().put(Uint8Array.of(3), Uint8Array.of(3));
    await one.destroy();
    await other.close();
    expect(() => other.engine.get(Uint8Array.of(2))).toThrow(/closed/);
    const [again, otherAgain] = [await directory.openTask('0_0'), await directory.openTask('0_1')];
    expect([again.existed, otherAgain.existed]).toEqual([false, true]);
    expect([keys(again.engine), keys(otherAgain.engine)]).toEqual([[], [2]]);
  });
});
