/** What keeps entries and buffered records in order, with more of them than fit one piece. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Entry } from '../../src/stores/entry.ts';
import { OrderedEntries } from '../../src/stores/ordered-entries.ts';
import { TimeQueue } from '../../src/stores/time-queue.ts';

const owner = { evict: () => {} };
const key = (number: number): string => String(number).padStart(5, '0');

/** All numbers below `count`, each once, in an order that is neither. */
const scattered = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => (index * 7919) % count);

function keysOf(ordered: OrderedEntries, from?: string, to?: string): readonly string[] {
  const seen: string[] = [];
  ordered.visit(from, to, (found, entry) => {
    // Each key has the entry that was put last.
    expect(entry.indexKey).toBe(found);
    seen.push(found);
  });
  return seen;
}

describe('entries in order', () => {
  const count = 2003;
  const all = scattered(count)
    .map(key)
    .sort((a, b) => (a < b ? -1 : 1));

  it.each([
    ['ascending', Array.from({ length: count }, (_, index) => index)],
    ['descending', Array.from({ length: count }, (_, index) => count - 1 - index)],
    ['scattered', scattered(count)],
  ])('%s: thousands are found in order, between any bounds', (_order, numbers) => {
    const ordered = new OrderedEntries();
    for (const number of numbers) ordered.set(key(number), new Entry(key(number), owner, true));
    expect(ordered.size).toBe(count);
    expect(keysOf(ordered)).toEqual(all);
    for (const [from, to] of [
      [0, 1],
      [127, 129],
      [255, 257],
      [511, 1025],
      [1000, 1000],
      [2002, 3000],
    ] as const)
      expect(keysOf(ordered, key(from), key(to))).toEqual(all.slice(from, to));
  });

  it('putting again replaces, and deleting every second one leaves the others', () => {
    const ordered = new OrderedEntries();
    const [replaced, entries] = [0, 1].map(() => {
      const made = new Map(scattered(count).map((number) => [number, new Entry(key(number), owner, true)]));
      for (const [number, entry] of made) ordered.set(key(number), entry);
      return made;
    }) as [Map<number, Entry>, Map<number, Entry>];
    expect(ordered.size).toBe(count);
    // Whose place another one has is not there any more.
    for (const [number, entry] of replaced) ordered.delete(key(number), entry);
    expect(ordered.size).toBe(count);
    for (const [number, entry] of entries) if (number % 2 === 0) ordered.delete(key(number), entry);
    ordered.delete('none', new Entry('none', owner, true));
    ordered.delete(key(0), entries.get(0) as Entry);
    expect(ordered.size).toBe(1001);
    expect(keysOf(ordered)).toEqual(all.filter((_, index) => index % 2 === 1));
    for (const [number, entry] of entries) ordered.delete(key(number), entry);
    expect(ordered.size).toBe(0);
    expect(keysOf(ordered)).toEqual([]);
  });
});

interface Item {
  readonly time: number;
  readonly byteKey: string;
}

describe('the queue by time', () => {
  const item = fc.record({ time: fc.integer({ min: 0, max: 12 }), byteKey: fc.constantFrom('a', 'b', 'c', 'd') });
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), item }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('takeFirst' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), at: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
  );

  it('agrees with a sorted list', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new TimeQueue<Item>();
        let model: Item[] = [];
        for (const action of steps) {
          if (action.do === 'add') {
            // One key and time is there once.
            if (model.some(({ byteKey, time }) => byteKey === action.item.byteKey && time === action.item.time)) continue;
            queue.add(action.item);
            model.push(action.item);
            model.sort((a, b) => a.time - b.time || (a.byteKey < b.byteKey ? -1 : 1));
          } else if (action.do === 'clear') {
            queue.clear();
            model = [];
          } else {
            const chosen = action.do === 'takeFirst' ? queue.peek() : model[action.at % Math.max(1, model.length)];
            if (chosen === undefined) continue;
            queue.remove(chosen);
            // What is not there any more changes nothing.
            queue.remove(chosen);
            model = model.filter((other) => other !== chosen);
          }
          expect(queue.size).toBe(model.length);
          expect(queue.peek()).toBe(model[0]);
          expect(queue.minTime).toBe(model[0]?.time ?? Number.POSITIVE_INFINITY);
        }
      }),
    );
  });
});
