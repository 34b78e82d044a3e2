/** Conformance: random operations beside a sorted array, with iterators open across them. */
import type { EngineIterator, EngineRange } from '../engine.ts';
import { EngineModel, type Entry } from './engine-model.ts';
import { commit, type EngineConformanceOptions, hex, maybeHex, rows, withEngine } from './engine-steps.ts';
import { Random } from './random.ts';
import type { TestTools } from './test-tools.ts';

/** Few bytes, so that keys meet, and the ones at which signed, unsigned and text order differ. */
const alphabet: readonly number[] = [0x00, 0x01, 0x61, 0x7f, 0x80, 0xc3, 0xfe, 0xff];
const seeds: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8];
const rounds = 60;
const timeoutMs = 60_000;

interface OpenRead {
  readonly iterator: EngineIterator;
  readonly expected: readonly Entry[];
  position: number;
}

export function describeEngineModel({ describe, it, expect }: TestTools, options: EngineConformanceOptions): void {
  const rowOf = (entry: Entry): string => `${hex(entry[0])}=${hex(entry[1])}`;
  const randomRange = (random: Random): EngineRange => ({
    gte: random.chance(70) ? random.bytes(alphabet, 0, 3) : undefined,
    lt: random.chance(70) ? random.bytes(alphabet, 0, 3) : undefined,
    reverse: random.chance(50),
  });
  const advance = (read: OpenRead, steps: number): void => {
    for (let step = 0; step < steps; step += 1) {
      const expected = read.expected[read.position];
      const moved = read.iterator.next();
      expect(moved).toBe(expected !== undefined);
      if (expected === undefined) return;
      expect(rowOf([read.iterator.key, read.iterator.value])).toBe(rowOf(expected));
      read.position += 1;
    }
  };

  describe('model', () => {
    for (const seed of seeds) {
      it(
        `agrees with a sorted array, seed ${seed}`,
        () =>
          withEngine(options, async (opened, reopen) => {
            let engine = opened;
            const random = new Random(seed);
            const model = new EngineModel();
            let reads: OpenRead[] = [];
            for (let round = 0; round < rounds; round += 1) {
              await commit(engine, (batch) => {
                for (let left = random.below(40); left > 0; left -= 1) {
                  const key = random.bytes(alphabet, 1, 3);
                  const kind = random.below(20);
                  if (kind < 13) {
                    const value = random.bytes(alphabet, 0, 4);
                    batch.put(key, value);
                    model.put(key, value);
                  } else if (kind < 19) {
                    batch.delete(key);
                    model.delete(key);
                  } else {
                    const until = random.bytes(alphabet, 1, 3);
                    batch.deleteRange(key, until);
                    model.deleteRange(key, until);
                  }
                }
              });
              const range = randomRange(random);
              expect(rows(engine, range)).toEqual(model.range(range).map(rowOf));
              const keys = Array.from({ length: 10 }, () => random.bytes(alphabet, 1, 3));
              expect(engine.getMany(keys).map(maybeHex)).toEqual(keys.map((key) => maybeHex(model.get(key))));
              for (const key of keys) expect(maybeHex(engine.get(key))).toBe(maybeHex(model.get(key)));

              if (random.chance(50)) {
                const next = randomRange(random);
                reads.push({ iterator: engine.iterate(next), expected: model.range(next), position: 0 });
              }
              for (const read of reads) advance(read, random.below(20));
              const [oldest] = reads;
              if (oldest !== undefined && (reads.length > 5 || random.chance(20))) {
                advance(oldest, Number.POSITIVE_INFINITY);
                oldest.iterator.close();
                reads = reads.slice(1);
              }
              if (engine.durable && random.chance(5)) {
                for (const read of reads) read.iterator.close();
                reads = [];
                engine = await reopen();
              }
            }
            for (const read of reads) read.iterator.close();
          }),
        timeoutMs,
      );
    }
  });
}
