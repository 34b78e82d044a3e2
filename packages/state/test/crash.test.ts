import { describe, expect, it } from 'vitest';
import { Random } from '../src/conformance/random.ts';
import type { StateEngine } from '../src/engine.ts';
import { LevelDbEngine } from '../src/leveldb/index.ts';
import { RocksDbEngine } from '../src/rocksdb/index.ts';
import { runAndKill } from './support/built.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const rounds = 12;
const rowsPerBatch = 50;
const memoryBytes = 8 * 1024 * 1024;
const timeoutMs = 120_000;

const text = (of: string): Uint8Array => new TextEncoder().encode(of);
const keysWith = (engine: StateEngine, prefix: string, end: string): string[] => {
  const iterator = engine.iterate({ gte: text(prefix), lt: text(end) });
  const keys: string[] = [];
  while (iterator.next()) keys.push(Buffer.from(iterator.key).toString());
  iterator.close();
  return keys;
};

/** What `children/commit-batches.mjs` leaves after batch `number`, and nothing else. */
function checkContent(engine: StateEngine, number: number): void {
  const rows = engine.getMany(Array.from({ length: rowsPerBatch }, (_, row) => text(`row/${row}`)));
  const numbers = rows.map((row) => Number.parseInt(Buffer.from(row ?? []).toString(), 10));
  expect(new Set(numbers)).toEqual(new Set([number]));
  const lastClearing = number - (number % 7);
  const scratch = Array.from(
    { length: number - Math.max(lastClearing, 1) + 1 },
    (_, index) => `scratch/${Math.max(lastClearing, 1) + index}`,
  );
  expect(new Set(keysWith(engine, 'scratch/', 'scratch0'))).toEqual(new Set(scratch));
  expect(keysWith(engine, 'offset', 'offset0').length).toBe(1);
}

describe.each([
  { kind: 'rocksdb', open: (directory: string): Promise<StateEngine> => RocksDbEngine.open({ directory, memoryBytes }) },
  { kind: 'leveldb', open: (directory: string): Promise<StateEngine> => LevelDbEngine.open({ directory, memoryBytes }) },
])('kill -9 under $kind', ({ kind, open }) => {
  it(
    `loses no acknowledged batch and tears none, ${rounds} times`,
    async () => {
      const directory = temporaryDirectory();
      const random = new Random(20_263);
      let stored = 0;
      for (let round = 0; round < rounds; round += 1) {
        const acknowledged = await runAndKill('commit-batches.mjs', 1 + random.below(400), kind, directory, String(stored + 1));
        const last = Number(acknowledged.at(-1));
        const engine = await open(directory);
        try {
          stored = Number(Buffer.from(engine.get(text('offset')) ?? []).toString());
          // One batch may have been committed and not told.
          expect([last, last + 1]).toContain(stored);
          checkContent(engine, stored);
        } finally {
          await engine.close();
        }
      }
      expect(stored).toBeGreaterThan(rounds);
    },
    timeoutMs,
  );
});
