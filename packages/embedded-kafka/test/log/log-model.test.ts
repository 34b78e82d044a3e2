/** The log against a plain list: whatever is produced, deleted, rolled and compacted, readers see what the model says. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compact } from '../../src/log/compaction.ts';
import { retain } from '../../src/log/retention.ts';
import { offsetForTime } from '../../src/log/offset-for-time.ts';
import { storedRecords } from '../../src/log/stored-records.ts';
import { append, contents, logWith, readThrough } from '../support/logs.ts';

interface ModelRecord {
  readonly offset: number;
  readonly key: string;
  /** null = tombstone. */
  readonly value: string | null;
  readonly timestamp: number;
}

type Step =
  | {
      readonly kind: 'produce';
      readonly records: readonly { readonly key: string; readonly value: string | null; readonly timestamp: number }[];
      readonly gzip: boolean;
    }
  | { readonly kind: 'roll' | 'compact' | 'retain' }
  | { readonly kind: 'delete'; readonly share: number };

const record = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  value: fc.option(fc.string({ maxLength: 5 }), { freq: 4 }),
  timestamp: fc.integer({ min: 0, max: 1000 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('produce' as const),
      records: fc.array(record, { minLength: 1, maxLength: 6 }),
      gzip: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'roll' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'compact' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'retain' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }) },
);

const steps = fc.array(step, { maxLength: 40 });

function textOf({ offset, key, value }: ModelRecord): string {
  return `${offset}:${key}${value === null ? '' : `=${value}`}`;
}

describe('a log under random steps', () => {
  it('keeps every record that was not deleted, in order, with its offset', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 400 }), (todo, maxBytes) => {
        const log = logWith({ 'segment.bytes': '300', 'retention.bytes': '900' });
        let model: ModelRecord[] = [];
        let end = 0;
        for (const each of todo) {
          if (each.kind === 'produce') {
            append(log, each.records, { stamp: { compression: each.gzip ? 'gzip' : 'none' } });
            model.push(...each.records.map((made, index) => ({ ...made, offset: end + index })));
            end += each.records.length;
          } else if (each.kind === 'delete') {
            log.deleteBefore(Math.floor(each.share * end), 0);
          } else if (each.kind === 'retain') {
            retain(log, 0);
          } else if (each.kind === 'roll') {
            log.roll(0);
          } else {
            compact(log, 0);
          }
          model = model.filter(({ offset }) => offset >= log.startOffset);
          expect(log.endOffset).toBe(end);
        }
        expect(contents(log)).toEqual(model.map(textOf));
        const bases = readThrough(log, log.startOffset, maxBytes);
        expect(bases).toEqual([...log.batchesFrom(log.startOffset)].map(({ baseOffset }) => baseOffset));
        for (const timestamp of [0, 250, 500, 1000]) {
          expect(offsetForTime(log, timestamp)?.offset).toBe(model.find((made) => made.timestamp >= timestamp)?.offset);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('compacted, never loses the latest value of a key, and only loses what a later record of its key replaces', () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const log = logWith({ 'segment.bytes': '300', 'cleanup.policy': 'compact', 'delete.retention.ms': '5' });
        const all = new Map<number, ModelRecord>();
        const latest = new Map<string, ModelRecord>();
        let nowMs = 0;
        for (const each of todo) {
          nowMs++;
          if (each.kind === 'produce') {
            for (const [index, made] of each.records.entries()) {
              const kept = { ...made, offset: log.endOffset + index };
              all.set(kept.offset, kept);
              latest.set(made.key, kept);
            }
            append(log, each.records, { stamp: { compression: each.gzip ? 'gzip' : 'none' }, nowMs });
          } else if (each.kind === 'roll') {
            log.roll(nowMs);
          } else if (each.kind === 'compact') {
            compact(log, nowMs);
          }
        }
        const stored = storedRecords(log, 0);
        for (const { offset, key, value } of stored) {
          const made = all.get(offset);
          expect([Buffer.from(key ?? []).toString(), value === null ? null : Buffer.from(value).toString()]).toEqual([
            made?.key,
            made?.value ?? null,
          ]);
        }
        const offsets = stored.map(({ offset }) => offset);
        expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
        const table = new Map(stored.map(({ offset, key }) => [Buffer.from(key ?? []).toString(), offset]));
        for (const [key, { offset, value }] of latest) {
          // A tombstone may have gone; nothing older may have come back.
          expect(value === null ? [undefined, offset] : [offset]).toContain(table.get(key));
        }
        // What lies in the active segment has not been touched.
        const active = [...all.keys()].filter((offset) => offset >= log.active.baseOffset);
        expect(offsets.filter((offset) => offset >= log.active.baseOffset)).toEqual(active);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
