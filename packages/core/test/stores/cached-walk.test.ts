/** A read over a record cache: its rows in order, and which cached rows count as used after each of them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CachedWalk, type PassedRow, passesOf } from '../../src/stores/cached-walk.ts';
import { Entry } from '../../src/stores/entry.ts';

/** A row of the cache at a place of the order; whether it belongs to what is read, is there, and is cached still. */
interface CachedRow {
  readonly place: number;
  readonly belongs: boolean;
  readonly present: boolean;
  readonly cached: boolean;
}

function entryOf({ cached, place, present }: CachedRow): Entry {
  const entry = new Entry(place, { evict: () => {} }, true);
  entry.value = present ? 'value' : null;
  // Only whether there is a node is looked at.
  if (cached) entry.cached = {} as never;
  return entry;
}

const cachedRow = fc.record({
  place: fc.integer({ min: 0, max: 20 }),
  belongs: fc.constantFrom(true, true, false),
  present: fc.constantFrom(true, true, false),
  cached: fc.constantFrom(true, true, true, false),
});
const cases = fc.record({
  cached: fc.uniqueArray(cachedRow, { maxLength: 12, selector: ({ place }) => place }),
  below: fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 12 }),
});

it('returns the rows in order and looks one cached row ahead, past deletions that nothing is before', () => {
  fc.assert(
    fc.property(cases, ({ below, cached: unsorted }) => {
      const cached = [...unsorted].sort((a, b) => a.place - b.place);
      const hidden = new Set(cached.filter(({ belongs, present }) => belongs && !present).map(({ place }) => place));
      const shown = cached.filter(({ belongs, present }) => belongs && present).map(({ place }) => place);
      const rows = [...new Set([...below.filter((place) => !hidden.has(place)), ...shown])].sort((a, b) => a - b);

      const entries = cached.map(entryOf);
      const belongs = new Set(entries.filter((_, index) => cached[index]?.belongs === true));
      const passes = passesOf(
        entries,
        rows,
        (entry) => belongs.has(entry),
        (row, entry) => row - (entry.indexKey as number),
      );
      expect(passes.map(({ at }) => at)).toEqual(
        cached.map((row) => (row.belongs ? rows.filter((place) => place < row.place).length : -1)),
      );

      const used: unknown[] = [];
      const walk = new CachedWalk(rows, passes, (entry: Entry) => {
        if (entry.cached === null) return false;
        used.push(entry.indexKey);
        return true;
      });
      for (let returned = 0; returned <= rows.length; returned++) {
        expect(walk.next()).toBe(rows[returned]);
        expect(used).toEqual(usedBefore(cached, passes, returned));
      }
      expect(walk.next()).toBe(undefined);
    }),
    { seed: 3, numRuns: 800 },
  );
});

/** After `returned` rows and a look for the next one: up to the first cached row of the read that is not behind it. */
function usedBefore(cached: readonly CachedRow[], passes: readonly PassedRow<Entry>[], returned: number): readonly number[] {
  const used: number[] = [];
  for (const [index, row] of cached.entries()) {
    if (!row.cached) continue;
    used.push(row.place);
    const at = passes[index]?.at ?? -1;
    if (at >= 0 && (row.present ? at >= returned : at > returned)) break;
  }
  return used;
}
