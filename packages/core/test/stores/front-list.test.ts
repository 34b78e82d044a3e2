/** The list against a plain array, and how many entries move when many are taken: operations are counted, not time. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrontList } from '../../src/stores/front-list.ts';
import { OrderedTimes } from '../../src/stores/ordered-times.ts';

function contents(list: FrontList<number>): number[] {
  return list.entries.slice(list.start);
}

/** A list of `count` numbers, and how often a place in its array was written since it was filled. */
function watched(count: number): { readonly list: FrontList<number>; readonly writes: () => number } {
  let writes = 0;
  const entries = new Proxy<number[]>([], {
    set(target, place, value) {
      writes++;
      return Reflect.set(target, place, value);
    },
  });
  const list = new FrontList<number>(0, entries);
  for (let at = 0; at < count; at++) list.insert(at, at);
  writes = 0;
  return { list, writes: () => writes };
}

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ insert: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ remove: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    { weight: 3, arbitrary: fc.record({ remove: fc.constant(0) }) },
  ),
  { maxLength: 300 },
);

test('holds what an array would hold, wherever entries come and go', () => {
  fc.assert(
    fc.property(fc.nat(120), steps, (filled, run) => {
      const list = new FrontList<number>(-1);
      const model: number[] = [];
      for (let value = 0; value < filled; value++) {
        list.insert(list.start + value, value);
        model.push(value);
      }
      for (const step of run) {
        if ('insert' in step) {
          const at = Math.floor(step.insert * model.length);
          list.insert(list.start + at, step.value);
          model.splice(at, 0, step.value);
        } else if (model.length > 0) {
          const at = Math.min(model.length - 1, Math.floor(step.remove * model.length));
          list.removeAt(list.start + at);
          model.splice(at, 1);
        }
        expect(contents(list)).toEqual(model);
        expect(list.size).toBe(model.length);
        expect(list.start).toBeLessThanOrEqual(Math.max(32, model.length));
        expect(list.entries.slice(0, list.start).every((value) => value === -1)).toBe(true);
      }
    }),
  );
});

describe('an entry is written a few times, however many there are', () => {
  const count = 4096;

  test.each<[string, (list: FrontList<number>) => void]>([
    ['taken from the front', (list) => list.removeAt(list.start)],
    ['taken from the back', (list) => list.removeAt(list.entries.length - 1)],
    ['taken from behind one that stays', (list) => list.removeAt(Math.min(list.start + 1, list.entries.length - 1))],
  ])('%s', (_name, take) => {
    const { list, writes } = watched(count);
    while (list.size > 0) take(list);
    expect(writes()).toBeLessThan(8 * count);
  });

  test('taken from the front while others are added', () => {
    const { list, writes } = watched(count);
    for (let step = 0; step < 4 * count; step++) {
      list.insert(list.entries.length, step);
      list.removeAt(list.start);
    }
    expect(writes()).toBeLessThan(8 * 4 * count);
  });
});

test('times are a set in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ add: fc.boolean(), time: fc.integer({ min: -5, max: 60 }) }), { maxLength: 300 }),
      fc.integer({ min: -7, max: 62 }),
      (run, probe) => {
        const times = new OrderedTimes();
        const model = new Set<number>();
        for (const { add, time } of run) {
          if (add) {
            times.add(time);
            model.add(time);
          } else {
            times.delete(time);
            model.delete(time);
          }
        }
        const sorted = [...model].sort((a, b) => a - b);
        const seen: number[] = [];
        times.visit(-10, 100, (time) => seen.push(time));
        expect(seen).toEqual(sorted);
        expect([times.size, times.first, times.last]).toEqual([sorted.length, sorted[0], sorted.at(-1)]);
        expect(times.has(probe)).toBe(model.has(probe));
        expect(times.atOrAfter(probe)).toBe(sorted.find((time) => time >= probe));
        expect(times.before(probe)).toBe(sorted.findLast((time) => time < probe));
      },
    ),
  );
});
