/** Conformance: large keys and values, and many of them. */
import { bytes, commit, type EngineConformanceOptions, hex, maybeHex, withEngine } from './engine-steps.ts';
import { compareBytes } from './engine-model.ts';
import { Random } from './random.ts';
import type { TestTools } from './test-tools.ts';

const mebibyte = 1024 * 1024;
const everyByte: readonly number[] = Array.from({ length: 256 }, (_, index) => index);
/** Generous: sizes are about correctness, and a machine may be busy. */
const timeoutMs = 60_000;

export function describeEngineSizes({ describe, it, expect }: TestTools, options: EngineConformanceOptions): void {
  const same = (left: Uint8Array | undefined, right: Uint8Array): boolean => left !== undefined && compareBytes(left, right) === 0;

  describe('sizes', () => {
    it(
      'keeps values of a mebibyte and more, and keys of 20,000 bytes, in points and ranges',
      () =>
        withEngine(options, async (engine) => {
          const random = new Random(1);
          const values = [mebibyte, 3 * mebibyte + 1, mebibyte - 1].map((size) => random.bytes(everyByte, size, size));
          const longKey = bytes('z', ...Array.from({ length: 20_000 }, () => 7));
          await commit(engine, (batch) => {
            values.forEach((value, index) => batch.put(bytes('v', index), value));
            batch.put(longKey, bytes('long'));
          });
          values.forEach((value, index) => expect(same(engine.get(bytes('v', index)), value)).toBe(true));
          expect(maybeHex(engine.get(longKey))).toBe(hex(bytes('long')));
          for (const reverse of [false, true]) {
            const iterator = engine.iterate({ reverse });
            const found: boolean[] = [];
            while (iterator.next()) {
              const index = reverse ? 3 - found.length : found.length;
              const value = values[index] ?? bytes('long');
              found.push(same(iterator.key, index === 3 ? longKey : bytes('v', index)) && same(iterator.value, value));
            }
            iterator.close();
            expect(found).toEqual([true, true, true, true]);
          }
        }),
      timeoutMs,
    );

    it(
      'keeps 50,000 keys in order, through random inserts, deletes and reopening',
      () =>
        withEngine(options, async (engine, reopen) => {
          const count = 50_000;
          const keyOf = (index: number): Uint8Array => bytes('key', index >>> 16, (index >>> 8) & 255, index & 255);
          const order = Array.from({ length: count }, (_, index) => (index * 7919) % count);
          for (let start = 0; start < count; start += 5000) {
            await commit(engine, (batch) => {
              for (const index of order.slice(start, start + 5000)) batch.put(keyOf(index), bytes(index & 255, index >>> 8));
            });
          }
          await commit(engine, (batch) => {
            for (let index = 0; index < count; index += 1) if (index % 3 !== 0) batch.delete(keyOf(index));
            batch.deleteRange(keyOf(30_000), keyOf(40_000));
          });
          const current = engine.durable ? await reopen() : engine;
          const expected = Array.from({ length: count }, (_, index) => index).filter(
            (index) => index % 3 === 0 && (index < 30_000 || index >= 40_000),
          );
          for (const reverse of [false, true]) {
            const iterator = current.iterate({ reverse });
            let position = 0;
            let wrong = 0;
            while (iterator.next()) {
              const index = expected[reverse ? expected.length - 1 - position : position] ?? -1;
              if (!same(iterator.key, keyOf(index)) || !same(iterator.value, bytes(index & 255, index >>> 8))) wrong += 1;
              position += 1;
            }
            iterator.close();
            expect({ wrong, rows: position }).toEqual({ wrong: 0, rows: expected.length });
          }
          const answers = current.getMany(Array.from({ length: count }, (_, index) => keyOf(index)));
          const kept = new Set(expected);
          expect(answers.filter((answer, index) => (answer === undefined) === kept.has(index)).length).toBe(0);
        }),
      timeoutMs,
    );
  });
}
