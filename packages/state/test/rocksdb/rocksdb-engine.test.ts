import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeEngineConformance } from '../../src/conformance/index.ts';
import { StateError } from '../../src/errors.ts';
import { loadRocksLevel } from '../../src/rocksdb/binding.ts';
import { RocksDbEngine } from '../../src/rocksdb/rocksdb-engine.ts';
import { rocksOptions } from '../../src/rocksdb/rocksdb-options.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const memoryBytes = 16 * 1024 * 1024;

describeEngineConformance(
  { describe, it, expect },
  {
    name: 'rocksdb',
    createPlace: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'millrace-rocksdb-'));
      return {
        open: () => RocksDbEngine.open({ directory, memoryBytes }),
        dispose: () => rmSync(directory, { recursive: true, force: true }),
      };
    },
  },
);

const text = (of: string): Uint8Array => new TextEncoder().encode(of);

describe('RocksDbEngine', () => {
  it('refuses a directory that is open already, and takes it after close', async () => {
    const directory = temporaryDirectory();
    const first = await RocksDbEngine.open({ directory, memoryBytes });
    await expect(RocksDbEngine.open({ directory, memoryBytes })).rejects.toMatchObject({
      code: 'MR_STATE_DIRECTORY_LOCKED',
      details: { directory },
    });
    await first.close();
    const second = await RocksDbEngine.open({ directory, memoryBytes });
    await second.close();
  });

  it('says what to do where a directory cannot be made', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    await expect(RocksDbEngine.open({ directory: join(file, 'db'), memoryBytes })).rejects.toMatchObject({
      code: 'MR_STATE_DIRECTORY_UNWRITABLE',
    });
  });

  it('says so where the database is damaged', async () => {
    const directory = temporaryDirectory();
    const engine = await RocksDbEngine.open({ directory, memoryBytes });
    await engine.close();
    writeFileSync(join(directory, 'CURRENT'), 'MANIFEST-999999\n');
    const opened = RocksDbEngine.open({ directory, memoryBytes });
    await expect(opened).rejects.toBeInstanceOf(StateError);
    await expect(opened).rejects.toMatchObject({ details: { engine: 'rocksdb', directory } });
  });

  it('reuses the memory of batches, committed and abandoned ones, with and without ranges', async () => {
    const engine = await RocksDbEngine.open({ directory: temporaryDirectory(), memoryBytes });
    for (let round = 0; round < 5; round += 1) {
      engine.batch().put(text('never'), text('x'));
      const batch = engine.batch();
      batch.put(text('a'), text(String(round)));
      if (round % 2 === 0) batch.deleteRange(text('b'), text('z'));
      batch.put(text(`b${round}`), text('x'));
      await batch.commit();
    }
    const keys: string[] = [];
    const iterator = engine.iterate({});
    while (iterator.next()) keys.push(Buffer.from(iterator.key).toString());
    iterator.close();
    expect(keys).toEqual(['a', 'b4']);
    await engine.close();
  });

  it('has figures for memory and keys', async () => {
    const engine = await RocksDbEngine.open({ directory: temporaryDirectory(), memoryBytes });
    const batch = engine.batch();
    for (let index = 0; index < 1000; index += 1) batch.put(text(`key ${index}`), text('value'));
    await batch.commit();
    const figures = engine.statistics();
    expect(figures.get('keysEstimate')).toBe(1000);
    expect(figures.get('memtableBytes')).toBeGreaterThan(0);
    expect([...figures.values()].every((figure) => Number.isFinite(figure))).toBe(true);
    await engine.close();
  });
});

describe('loadRocksLevel', () => {
  it('tells how to get RocksDB where it cannot be loaded', async () => {
    const cause = new Error('Cannot find package');
    await expect(loadRocksLevel(() => Promise.reject(cause))).rejects.toMatchObject({
      code: 'MR_STATE_ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/npm install @nxtedition\/rocksdb@12\.2\.12.*leveldb\(/),
      cause,
    });
  });

  it('refuses a version whose methods are others', async () => {
    class Other {
      open(): void {}
    }
    await expect(loadRocksLevel(() => Promise.resolve({ RocksLevel: Other }))).rejects.toMatchObject({
      code: 'MR_STATE_ENGINE_UNAVAILABLE',
      message: expect.stringContaining('_getManySync'),
    });
  });
});

describe('rocksOptions', () => {
  const mebibyte = 1024 * 1024;
  it.each([
    { share: 96 * mebibyte, cacheSize: 48 * mebibyte, memtableMemoryBudget: 32 * mebibyte },
    { share: 0, cacheSize: 2 * mebibyte, memtableMemoryBudget: Math.floor((4 * mebibyte) / 3) },
    { share: 100_000 * mebibyte, cacheSize: 4095 * mebibyte, memtableMemoryBudget: Math.floor((100_000 * mebibyte) / 3) },
  ])('divides $share bytes between block cache and memtables', ({ share, cacheSize, memtableMemoryBudget }) => {
    expect(rocksOptions(share)).toMatchObject({ cacheSize, memtableMemoryBudget, cacheIndexAndFilterBlocks: true });
  });
});
