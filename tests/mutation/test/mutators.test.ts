/** Faults are found where code runs, and a module with all of them behind switches does what it did as long as none is on. */
import { describe, expect, it } from 'vitest';
import { sampleOf } from '../src/faults.ts';
import { installSwitch } from '../src/fault-switch.ts';
import { instrument } from '../src/instrument.ts';
import { mutationsOf } from '../src/mutators.ts';

describe('faults', () => {
  it.each<[code: string, faults: readonly string[]]>([
    ['export const f = (a, b) => a < b;', ['< to <=: (a) <= (b)', '< to >=: (a) >= (b)']],
    ['export const f = (a) => a + 1;', ['+ to -: (a) - (1)', 'constant plus one: 1 + 1']],
    ["export const f = (a) => a + '!';", []],
    ['export const f = (a, b) => a ?? b;', ['?? to &&: (a) && (b)']],
    ['export const f = (a) => !a;', ['! left out: a']],
    [
      'export const f = (a) => a?.b?.(1);',
      ['optional chaining left out: a?.b(1)', 'optional chaining left out: a.b?.(1)', 'constant plus one: 1 + 1'],
    ],
    [
      'export function f(a) { if (a) return 7n; }',
      ['condition to false: false', 'condition to true: true', 'returns undefined: undefined', 'constant plus one: 7n + 1n'],
    ],
    ['export function f() { return false; }', ['false to true: true']],
    ['export function f(a) { while (a.next()) a.take(); }', ['condition to false: false', 'statement left out: undefined']],
    ['export function f(a) { a.count += 2; }', ['statement left out: undefined', '+= to -=: a.count -= 2', 'constant plus one: 2 + 1']],
    ['export function f(a) { throw new RangeError(`${a + 1} is too many`); }', ['throw left out: ']],
    ["import x from 'y'; export * from 'z';", []],
    ['export class C extends B { constructor() { super(); } }', []],
    ['export const f = (a) => delete a.b;', []],
    ['export const f = () => ({ 1: true });', ['true to false: false']],
  ])('%s', (code, faults) => {
    expect(mutationsOf(code).map(({ fault, replacement }) => `${fault}: ${replacement}`)).toEqual(faults);
  });

  it('knows what is evaluated once, when the module is loaded', () => {
    const code = 'const least = 5; class C { static most = 6; some = 7; } export const f = (a = 8) => a;';
    expect(mutationsOf(code).map(({ atLoad, replacement }) => [replacement, atLoad])).toEqual([
      ['5 + 1', true],
      ['6 + 1', true],
      ['7 + 1', false],
      ['8 + 1', false],
    ]);
  });

  it('refuses what is no module', () => {
    expect(() => mutationsOf('export const = ;')).toThrow(SyntaxError);
  });
});

const module = `export class Counter {
  #count = 0;
  add(n) { if (n < 0 || n > 100) throw new RangeError('n'); this.#count += n; return this.#count; }
  get half() { return this.#count?.valueOf() / 2; }
}
export const sum = (items) => { let total = 0; for (const each of items) { if (each !== null) total += each ?? 1; } return total; };`;

interface Loaded {
  readonly Counter: new () => { add(n: number): number; readonly half: number };
  readonly sum: (items: readonly (number | null)[]) => number;
}

let loaded = 0;

/** Anew each time, since a module looks for its switch when it is loaded. */
async function load(code: string): Promise<Loaded> {
  // A module of its own, with the names above.
  return (await import(`data:text/javascript,${encodeURIComponent(`${code}//${loaded++}`)}`)) as Loaded;
}

function tried({ Counter, sum }: Loaded): unknown {
  const counter = new Counter();
  const refused = [-1, 101].map((n) => {
    try {
      return counter.add(n);
    } catch (error) {
      return error instanceof RangeError;
    }
  });
  return [refused, counter.add(0), counter.add(3), counter.add(100), counter.half, sum([]), sum([1, null, 4])];
}

describe('an instrumented module', () => {
  const mutations = mutationsOf(module).map((mutation, number) => ({ ...mutation, number }));

  it('does what it did while no fault is on, and says what was reached', async () => {
    const state = installSwitch(-1);
    const plain = tried(await load(module));
    expect(tried(await load(instrument(module, mutations)))).toEqual(plain);
    const unreached = mutations.filter(({ number }) => !state.reached.has(number));
    // No item is missing without being null.
    expect(unreached.map(({ fault, replacement }) => `${fault}: ${replacement}`)).toEqual(['constant plus one: 1 + 1']);
  });

  it('keeps its lines', () => {
    expect(instrument(module, mutations).split('\n')).toHaveLength(module.split('\n').length);
  });

  it('does something else with nearly every fault on', async () => {
    const plain = JSON.stringify(tried(await load(module)));
    const same: string[] = [];
    for (const { fault, number, replacement } of mutations) {
      installSwitch(number);
      let result: string;
      try {
        result = JSON.stringify(tried(await load(instrument(module, mutations))));
      } catch {
        continue;
      }
      if (result === plain) same.push(`${fault}: ${replacement}`);
    }
    installSwitch(-1);
    // The count is never missing, so the chain is not needed; the last was not reached.
    expect(same).toEqual(['optional chaining left out: this.#count.valueOf()', 'constant plus one: 1 + 1']);
  });
});

describe('a sample', () => {
  const items = Array.from({ length: 500 }, (_, index) => index);

  it('is the same for the same seed, and another for another', () => {
    expect(sampleOf(items, 20, 1, String)).toEqual(sampleOf(items, 20, 1, String));
    expect(sampleOf(items, 20, 1, String)).not.toEqual(sampleOf(items, 20, 2, String));
    expect(new Set(sampleOf(items, 500, 3, String)).size).toBe(500);
  });

  it('stays much the same when other faults come and go', () => {
    const before = new Set(sampleOf(items, 50, 1, String));
    const after = sampleOf([-1, ...items.slice(5)], 50, 1, String);
    expect(after.filter((item) => before.has(item)).length).toBeGreaterThan(45);
  });
});
