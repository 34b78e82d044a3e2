import { describe, expect, it } from 'vitest';
import type { StateEngine } from '../src/engine.ts';
import { type ClassicLevel, loadClassicLevel } from '../src/leveldb/binding.ts';
import { LevelDbEngine } from '../src/leveldb/index.ts';
import { loadRocksLevel, type RocksLevel } from '../src/rocksdb/binding.ts';
import { RocksDbEngine } from '../src/rocksdb/index.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const memoryBytes = 8 * 1024 * 1024;
const key = Uint8Array.of(1);
const diskFull = (): never => {
  throw new Error('IO error: No space left on device: While appending to file');
};

/** The real binding, whose writes fail while `failing`. */
async function rocksDb(directory: string, disk: { failing: boolean }): Promise<StateEngine> {
  const real = await loadRocksLevel();
  const binding = class extends real {
    override batch(): ReturnType<InstanceType<RocksLevel>['batch']> {
      const batch = super.batch();
      const write = batch._writeSync.bind(batch);
      batch._writeSync = () => (disk.failing ? diskFull() : write());
      return batch;
    }
  };
  return RocksDbEngine.open({ directory, memoryBytes, binding });
}

async function levelDb(directory: string, disk: { failing: boolean }): Promise<StateEngine> {
  const real = await loadClassicLevel();
  const binding = class extends real {
    override async _batch(...args: Parameters<InstanceType<ClassicLevel>['_batch']>): Promise<void> {
      return disk.failing ? diskFull() : super._batch(...args);
    }
  };
  return LevelDbEngine.open({ directory, memoryBytes, binding });
}

describe.each([
  { kind: 'rocksdb', open: rocksDb },
  { kind: 'leveldb', open: levelDb },
])('a failed commit on $kind', ({ open }) => {
  it('is told with its reason, and ends all writing until the database is opened again', async () => {
    const directory = temporaryDirectory();
    const disk = { failing: false };
    const engine = await open(directory, disk);
    const put = async (value: number): Promise<void> => {
      const batch = engine.batch();
      batch.put(key, Uint8Array.of(value));
      await batch.commit();
    };
    await put(1);
    const waiting = engine.batch();
    waiting.put(key, Uint8Array.of(2));
    disk.failing = true;
    await expect(put(3)).rejects.toMatchObject({ code: 'MR_STATE_DISK_FULL', details: { directory } });
    disk.failing = false;
    await expect(put(4)).rejects.toMatchObject({ code: 'MR_STATE_DISK_FULL' });
    await expect((async () => waiting.commit())()).rejects.toMatchObject({ code: 'MR_STATE_DISK_FULL' });
    expect([...(engine.get(key) ?? [])]).toEqual([1]);
    await engine.close();

    const again = await open(directory, disk);
    expect([...(again.get(key) ?? [])]).toEqual([1]);
    await again.close();
  });
});
