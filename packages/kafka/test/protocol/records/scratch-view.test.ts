/** Kept views of scratch buffers are views of what is asked for, whatever was asked for before. */
import { describe, expect, it } from 'vitest';
import { scratchView } from '../../../src/protocol/records/scratch-view.ts';

const buffers = Array.from({ length: 12 }, (_, i) => Buffer.alloc(1000, i));

/** Asks often enough to be kept. */
function askedOften(source: Uint8Array, start: number, length: number): Uint8Array | undefined {
  for (let i = 0; i < 100; i++) scratchView(source, start, length);
  return scratchView(source, start, length);
}

describe('views of scratch buffers', () => {
  it('are the same view for the same range, and show what is there now', () => {
    const [source] = buffers as [Buffer];
    const view = askedOften(source, 8, 40);
    expect(view).toEqual(source.subarray(8, 48));
    source[10] = 99;
    expect(view?.[2]).toBe(99);
    expect(scratchView(source, 8, 40)).toBe(view);
    expect(scratchView(source, 8, 41)).toEqual(source.subarray(8, 49));
  });

  it('are right with more buffers in turn than are kept', () => {
    let found = 0;
    for (let round = 0; round < 200; round++) {
      for (const source of buffers) {
        for (const start of [0, 8]) {
          const length = 33 + ((round * 7) % 200);
          const view = scratchView(source, start, length);
          if (view === undefined) continue;
          found++;
          expect(view).toEqual(source.subarray(start, start + length));
          expect(view.buffer).toBe(source.buffer);
        }
      }
    }
    expect(found).toBeGreaterThan(0);
  });

  it.each([
    ['a range of a fetched batch', Buffer.alloc(1000), 61, 40],
    ['a long value', Buffer.alloc(1000), 0, 257],
    ['a scratch buffer that grew', Buffer.alloc(70_000), 0, 40],
  ])('are not kept of %s', (_what, source, start, length) => {
    expect(askedOften(source, start, length)).toBeUndefined();
  });
});
