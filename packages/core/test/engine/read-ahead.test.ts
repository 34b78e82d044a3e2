/** Rows that the next records ask for are loaded together, without a change of results. */
import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/record.ts';
import type { KeyValueStore } from '../../src/stores/faces.ts';
import { CacheBudget } from '../../src/stores/record-cache.ts';
import { CountingEngine } from '../stores/store-harness.ts';
import { Harness, type HarnessOptions, type Input, node, plan, sink, source, store, type TestContext } from './task-harness.ts';

type Store = KeyValueStore<string, string>;

/** Counts the records of each key in a store, and forwards the count. */
const counting = (keyOf: (record: StreamRecord<string, string>) => string) => () => {
  let counts: Store;
  return {
    init: (context: TestContext) => void (counts = context.getStateStore<Store>('A')),
    process: (record: StreamRecord<string, string>, context: TestContext) => {
      const key = keyOf(record);
      const count = String(Number(counts.get(key) ?? 0) + 1);
      counts.put(key, count);
      context.forward(record.withValue(count));
    },
  };
};

const nodes = (keyOf: (record: StreamRecord<string, string>) => string) =>
  plan([source('S', 'in', ['P']), node('P', ['K'], counting(keyOf), ['A']), sink('K', 'out')], [store('A')]);

const keys = Array.from({ length: 2000 }, (_, i) => `k${i}`);
const inputs: readonly Input[] = keys.map((key) => ({ key, value: 'v' }));

function secondRun(keyOf: (record: StreamRecord<string, string>) => string, second: readonly Input[], options: HarnessOptions = {}) {
  const engine = new CountingEngine();
  const first = new Harness(nodes(keyOf), { engine }).start();
  first.pipe('in', ...inputs);
  first.commit();
  engine.gets = engine.manyGets = 0;
  const harness = new Harness(nodes(keyOf), { engine, ...options }).start();
  harness.pipe('in', ...second);
  return { engine, values: harness.output.sent.filter(({ topic }) => topic === 'out').map(({ value }) => value) };
}

describe('reading ahead', () => {
  it('asks the engine for many rows at once when a store keeps missing the keys of the input', () => {
    const { engine, values } = secondRun(({ key }) => key, inputs);
    expect(values).toEqual(keys.map(() => '2'));
    expect(engine.gets).toBeLessThan(100);
    expect(engine.manyGets).toBeGreaterThan(5);
  });

  it('does not begin where a store is read by another key', () => {
    const { engine, values } = secondRun(({ key }) => `other ${key}`, inputs);
    expect(values).toEqual(keys.map(() => '2'));
    expect(engine.manyGets).toBe(0);
    expect(engine.gets).toBe(keys.length);
  });

  it('ends when the rows are there already', () => {
    const again = Array.from({ length: 20_000 }, (_, i) => ({ key: `k${i % 400}`, value: 'v' }));
    const { engine, values } = secondRun(({ key }) => key, again);
    expect(values).toEqual(again.map((_, i) => String(Math.floor(i / 400) + 2)));
    // A call for each slice of 256 would be 78.
    expect(engine.manyGets).toBeLessThan(10);
  });

  it('gives the same with hardly any room for what it loads', () => {
    const mixed = Array.from({ length: 3000 }, (_, i) => (i % 5 === 0 ? { value: 'no key' } : { key: `k${(i * 7) % 1500}`, value: 'v' }));
    const withKeys = ({ key }: StreamRecord<string, string>): string => key ?? 'none';
    const roomy = secondRun(withKeys, mixed);
    const tight = secondRun(withKeys, mixed, { readCacheBytes: 2000 });
    expect(tight.values).toEqual(roomy.values);
    expect(new Set(roomy.values).size).toBeGreaterThan(3);
  });
});

describe('a record cache that tasks share', () => {
  it('is one budget for all of them', () => {
    const cacheBudget = new CacheBudget(1000);
    const cached = (): Harness =>
      new Harness(
        plan(
          [
            source('S', 'in', ['P']),
            node(
              'P',
              [],
              counting(({ key }) => key),
              ['A'],
            ),
          ],
          [store('A', { caching: true })],
        ),
        { cacheBudget },
      ).start();
    const one = cached();
    const two = cached();
    one.pipe('in', { key: 'a', value: 'v' });
    const used = cacheBudget.usedBytes;
    expect(used).toBeGreaterThan(0);
    two.pipe('in', { key: 'a', value: 'v' });
    expect(cacheBudget.usedBytes).toBe(2 * used);
    one.task.close();
    expect(cacheBudget.usedBytes).toBe(used);
  });
});
