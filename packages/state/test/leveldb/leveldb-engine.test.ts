import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeEngineConformance } from '../../src/conformance/index.ts';
import type { EngineRange, StateEngine } from '../../src/engine.ts';
import { loadClassicLevel } from '../../src/leveldb/binding.ts';
import { LevelDbEngine } from '../../src/leveldb/leveldb-engine.ts';
import { levelOptions } from '../../src/leveldb/leveldb-options.ts';
import { windowBytes } from '../../src/leveldb/range-protocol.ts';
import { checkBuilt, nextMessage, startChild } from '../support/built.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const memoryBytes = 16 * 1024 * 1024;

describeEngineConformance(
  { describe, it, expect },
  {
    name: 'leveldb',
    createPlace: () => {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-leveldb-'));
      return {
        open: () => LevelDbEngine.open({ directory, memoryBytes }),
        dispose: () => rmSync(directory, { recursive: true, force: true }),
      };
    },
  },
);

const text = (of: string): Uint8Array => new TextEncoder().encode(of);
const keysOf = (engine: StateEngine, range: EngineRange = {}): Uint8Array[] => {
  const iterator = engine.iterate(range);
  const keys: Uint8Array[] = [];
  while (iterator.next()) keys.push(iterator.key);
  iterator.close();
  return keys;
};

describe('LevelDbEngine', () => {
  it('was built from these sources: the range worker runs compiled', () => {
    checkBuilt();
  });

  it('refuses a directory that is open already, and takes it after close', async () => {
    const directory = temporaryDirectory();
    const first = await LevelDbEngine.open({ directory, memoryBytes });
    await expect(LevelDbEngine.open({ directory, memoryBytes })).rejects.toMatchObject({
      code: 'MR_STATE_DIRECTORY_LOCKED',
      details: { directory },
    });
    await first.close();
    const second = await LevelDbEngine.open({ directory, memoryBytes });
    await second.close();
  });

  it('says so where the database is damaged', async () => {
    const directory = temporaryDirectory();
    const engine = await LevelDbEngine.open({ directory, memoryBytes });
    await engine.close();
    writeFileSync(join(directory, 'CURRENT'), 'no newline');
    await expect(LevelDbEngine.open({ directory, memoryBytes })).rejects.toMatchObject({
      code: 'MR_STATE_CORRUPT',
      details: { engine: 'leveldb', directory },
    });
  });

  it('takes bounds, keys and values that are larger than the window to the worker', async () => {
    const engine = await LevelDbEngine.open({ directory: temporaryDirectory(), memoryBytes });
    const large = (last: number): Uint8Array => {
      const key = new Uint8Array(windowBytes + 100).fill(7);
      key[key.length - 1] = last;
      return key;
    };
    const batch = engine.batch();
    for (const last of [1, 2, 3, 4]) batch.put(large(last), new Uint8Array(2 * windowBytes).fill(last));
    await batch.commit();
    for (const reverse of [false, true]) {
      const iterator = engine.iterate({ gte: large(2), lt: large(4), reverse });
      const seen: (number | undefined)[] = [];
      while (iterator.next()) {
        expect({ key: iterator.key.length, value: iterator.value.length }).toEqual({ key: windowBytes + 100, value: 2 * windowBytes });
        seen.push(iterator.key.at(-1), iterator.value.at(-1));
      }
      iterator.close();
      expect(seen).toEqual(reverse ? [3, 3, 2, 2] : [2, 2, 3, 3]);
    }
    await engine.close();
  });

  it('serves several databases, with iterators open in all of them, through one worker', async () => {
    const engines = await Promise.all([1, 2, 3].map(() => LevelDbEngine.open({ directory: temporaryDirectory(), memoryBytes })));
    for (const [index, engine] of engines.entries()) {
      const batch = engine.batch();
      for (let row = 0; row < 100; row += 1) batch.put(Uint8Array.of(index, row), Uint8Array.of(index));
      await batch.commit();
    }
    const iterators = engines.map((engine) => engine.iterate({}));
    for (let row = 0; row < 100; row += 1) {
      for (const [index, iterator] of iterators.entries()) {
        expect(iterator.next()).toBe(true);
        expect([...iterator.key]).toEqual([index, row]);
      }
    }
    const [first, ...others] = engines;
    await first?.close();
    for (const [index, engine] of others.entries()) expect(keysOf(engine, { gte: Uint8Array.of(index + 1, 98) }).length).toBe(2);
    for (const engine of others) await engine.close();
  });

  it('keeps the order of commits that nobody waited for, and finishes them at close', async () => {
    const directory = temporaryDirectory();
    const engine = await LevelDbEngine.open({ directory, memoryBytes });
    const commits: unknown[] = [];
    for (let number = 0; number < 50; number += 1) {
      const batch = engine.batch();
      if (number % 10 === 9) batch.deleteRange(text('scratch'), text('scratcz'));
      batch.put(text('last'), text(String(number)));
      batch.put(text(`scratch${number}`), text(''));
      commits.push(batch.commit());
    }
    await engine.close();
    await Promise.all(commits);
    const again = await LevelDbEngine.open({ directory, memoryBytes });
    expect(Buffer.from(again.get(text('last')) ?? []).toString()).toBe('49');
    expect(keysOf(again).map((key) => Buffer.from(key).toString())).toEqual(['last', 'scratch49']);
    await again.close();
  });

  it('closes thousands of iterators that were left early, and lets go of what they saw', async () => {
    const engine = await LevelDbEngine.open({ directory: temporaryDirectory(), memoryBytes });
    const batch = engine.batch();
    for (let row = 0; row < 200; row += 1) batch.put(Uint8Array.of(row), Uint8Array.of(1));
    await batch.commit();
    for (let round = 0; round < 2000; round += 1) {
      const iterator = engine.iterate({});
      expect(iterator.next()).toBe(true);
      iterator.close();
      // In some rounds the close goes along with the next range, in others alone.
      if (round % 3 === 0) await Promise.resolve();
    }
    expect(keysOf(engine).length).toBe(200);
    await engine.close();
  });

  it('has a figure for memory', async () => {
    const engine = await LevelDbEngine.open({ directory: temporaryDirectory(), memoryBytes });
    const batch = engine.batch();
    batch.put(text('key'), new Uint8Array(100_000));
    await batch.commit();
    expect(engine.statistics().get('memoryBytes')).toBeGreaterThan(100_000);
    await engine.close();
  });
});

describe.each(['leveldb', 'rocksdb'])('a process that leaves %s open', (kind) => {
  it('ends by itself', async () => {
    const child = startChild('leave-open.mjs', kind, temporaryDirectory());
    const exited = once(child, 'exit');
    expect(await nextMessage(child)).toBe(0);
    expect(await exited).toEqual([0, null]);
  });
});

describe('loadClassicLevel', () => {
  it('tells how to get LevelDB where it cannot be loaded', async () => {
    const cause = new Error('Cannot find package');
    await expect(loadClassicLevel(() => Promise.reject(cause))).rejects.toMatchObject({
      code: 'MR_STATE_ENGINE_UNAVAILABLE',
      message: expect.stringContaining('npm install classic-level@3'),
      cause,
    });
  });

  it('refuses a version whose methods are others', async () => {
    class Other {
      open(): void {}
    }
    await expect(loadClassicLevel(() => Promise.resolve({ ClassicLevel: Other }))).rejects.toMatchObject({
      code: 'MR_STATE_ENGINE_UNAVAILABLE',
      message: expect.stringContaining('_getSync'),
    });
  });
});

describe('levelOptions', () => {
  const mebibyte = 1024 * 1024;
  it.each([
    { share: 64 * mebibyte, cacheSize: 24 * mebibyte, writeBufferSize: 16 * mebibyte, maxOpenFiles: 170 },
    { share: 0, cacheSize: 1.5 * mebibyte, writeBufferSize: mebibyte, maxOpenFiles: 74 },
    { share: 100_000 * mebibyte, cacheSize: 4095 * mebibyte, writeBufferSize: 64 * mebibyte, maxOpenFiles: 500 },
  ])('divides $share bytes between cache, write buffers and tables', ({ share, ...expected }) => {
    expect(levelOptions(share)).toMatchObject({ ...expected, multithreading: true });
  });
});
