/** A cursor over the engine's rows and those of the table, against a merge of two lists; and which cached rows it counts as used. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Entry } from '../../src/stores/entry.ts';
import { type PendingRow, RowCursor } from '../../src/stores/row-cursor.ts';

const prefix = Buffer.from([7, 7]);

interface Pending {
  readonly key: string;
  /** Null: a deletion. */
  readonly value: string | null;
  readonly asBytes: boolean;
  readonly isCached: boolean;
}

/** An engine's iterator over a list, which knows whether it was closed. */
class ListedRows {
  closed = 0;
  #at = -1;
  readonly #keys: readonly string[];

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  next(): boolean {
    expect(this.closed).toBe(0);
    return ++this.#at < this.#keys.length;
  }

  get key(): Uint8Array {
    return Buffer.concat([prefix, Buffer.from(this.#keys[this.#at] as string)]);
  }

  get value(): Uint8Array {
    return Buffer.from(`engine ${this.#keys[this.#at]}`);
  }

  close(): void {
    this.closed++;
  }
}

function pendingRow({ asBytes, isCached, key, value }: Pending, index: number): PendingRow {
  const entry = new Entry(key, { evict: () => {} }, true);
  const inBytes = asBytes && value !== null;
  return { key, entry, value: inBytes ? null : value, bytes: inBytes ? Buffer.from(value) : null, timestamp: index, isCached };
}

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
const sorted = (keys: readonly string[]): readonly string[] => [...keys].sort();
const cases = fc.record({
  engine: fc.option(fc.uniqueArray(key).map(sorted), { freq: 4 }),
  pending: fc
    .uniqueArray(
      fc.record({
        key,
        value: fc.option(fc.constantFrom('x', 'y'), { freq: 3 }),
        asBytes: fc.boolean(),
        isCached: fc.constantFrom(true, true, false),
      }),
      { selector: (row) => row.key },
    )
    .map((rows) => [...rows].sort((a, b) => (a.key < b.key ? -1 : 1))),
  reverse: fc.boolean(),
  touches: fc.boolean(),
});

function open({ engine, pending, reverse, touches }: typeof cases extends fc.Arbitrary<infer T> ? T : never) {
  const iterator = engine === null ? null : new ListedRows(reverse ? [...engine].reverse() : engine);
  const rows = pending.map(pendingRow);
  const used: unknown[] = [];
  const closed: RowCursor[] = [];
  const cursor = new RowCursor({
    iterator,
    pending: rows,
    reverse,
    prefixLength: prefix.length,
    touched: touches ? (entry) => used.push(entry.indexKey) : undefined,
    closed: (which) => closed.push(which),
  });
  return { closed, cursor, iterator, rows, used };
}

/** What a cursor shows of its row. */
function shown(cursor: RowCursor): unknown {
  if (cursor.entry === undefined)
    return { key: Buffer.from(cursor.key ?? []).toString('latin1'), row: Buffer.from(cursor.row ?? []).toString('latin1') };
  const { bytes, entry, timestamp, value } = cursor;
  expect([cursor.key, cursor.row]).toEqual([undefined, undefined]);
  return { key: entry.indexKey, value: bytes === null ? value : Buffer.from(bytes).toString(), timestamp };
}

describe('a cursor', () => {
  it('merges both sides, newer rows over older ones, and looks one cached row ahead', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { closed, cursor, iterator, used } = open(drawn);
        const { engine, pending, reverse, touches } = drawn;
        const ours = reverse ? [...pending].reverse() : pending;
        const theirs = engine === null ? [] : reverse ? [...engine].reverse() : [...engine];
        const isBefore = (one: string, other: string): boolean => (reverse ? one > other : one < other);
        let [at, from] = [0, 0];
        /** All up to the first cached row that is not behind the place. */
        const usedAt = (place: number): readonly string[] => {
          const next = ours.findIndex(({ isCached }, index) => isCached && index >= place);
          return ours.slice(0, next < 0 ? ours.length : next + 1).flatMap((row) => (row.isCached ? [row.key] : []));
        };
        for (;;) {
          let expected: unknown;
          let looked = at;
          for (; expected === undefined && (at < ours.length || from < theirs.length);) {
            looked = at;
            const [mine, other] = [ours[at], theirs[from]];
            if (mine === undefined || (other !== undefined && isBefore(other, mine.key))) {
              expected = { key: `${prefix.toString('latin1')}${other}`, row: `engine ${other}` };
              from++;
              continue;
            }
            if (other === mine.key) from++;
            at++;
            if (mine.value !== null) expected = { key: mine.key, value: mine.value, timestamp: pending.indexOf(mine) };
          }
          if (expected === undefined) looked = at;
          expect(cursor.next()).toBe(expected !== undefined);
          expect(used).toEqual(touches ? usedAt(looked) : []);
          if (expected === undefined) break;
          expect(shown(cursor)).toEqual(expected);
        }
        // At the end it closes by itself, once.
        expect([closed.length, iterator?.closed ?? 1]).toEqual([1, 1]);
        expect(cursor.next()).toBe(false);
        cursor.close();
        expect([closed.length, iterator?.closed ?? 1]).toEqual([1, 1]);
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });

  it('that is closed shows nothing more', () => {
    const row = { key: 'a', value: 'x', asBytes: false, isCached: true } as const;
    const { closed, cursor, iterator, used } = open({ engine: ['b'], pending: [row], reverse: false, touches: true });
    cursor.close();
    expect(cursor.next()).toBe(false);
    expect(closed).toEqual([cursor]);
    expect(iterator?.closed).toBe(1);
    expect(used).toEqual([]);
  });
});
