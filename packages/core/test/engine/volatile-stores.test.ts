/** Key-value stores of a task whose engine ends with it: their rows are in memory and in the changelog alone, so that an abort rebuilds them from its start (I2, I4). */
import { MemoryEngine } from '@millrace/state/memory';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/record.ts';
import type { KeyValueStore } from '../../src/stores/faces.ts';
import type { StorePlan } from '../../src/topology/plan.ts';
import { fetched, Harness, type HarnessOptions, type Input, node, plan, source, store, type TestContext } from './task-harness.ts';

type Store = KeyValueStore<string, string>;

/** Appends to what was there, in all stores, so that a record that is applied twice or not at all shows. */
const appending = (names: readonly string[]) => () => {
  let stores: Store[] = [];
  return {
    init: (context: TestContext) => void (stores = names.map((name) => context.getStateStore<Store>(name))),
    process: (record: StreamRecord<string, string | null>) => {
      for (const each of stores) each.put(record.key, record.value === null ? null : `${each.get(record.key) ?? ''}${record.value}`);
    },
  };
};

function opened(stores: readonly StorePlan[], options: HarnessOptions = {}): Harness {
  const names = stores.map(({ spec }) => spec.name);
  const nodes = [source('S', 'in', ['P']), node('P', [], appending(names), names)];
  return new Harness(plan(nodes, stores), { engine: new MemoryEngine({ ephemeral: true }), ...options });
}

const changelog = 'app-A-changelog';
const put = (key: string, value: string | null, timestamp = 0): Input => ({ key, value, timestamp });
const rows = (harness: Harness, name: string): string[] =>
  [...(harness.task.store(name) as Store).all()].map(({ key, value }) => `${key}=${value}`);
const positionOf = (harness: Harness, name = 'A'): number | undefined =>
  harness.task.changelogs.find((state) => state.store === name)?.position;

function restore(harness: Harness, log: readonly Input[], from: number = positionOf(harness) ?? 0): void {
  harness.task.restore(fetched(harness.tp(changelog), from, log.slice(from)));
  void harness.task.flushRestore();
}

describe('a store of a task whose engine ends with it', () => {
  it('stands in its changelog where it was committed, and nowhere after an abort', () => {
    const harness = opened([store('A')]).start();
    harness.pipe('in', put('a', '1'), put('b', '1'));
    expect(positionOf(harness)).toBeUndefined();
    harness.commit();
    expect(positionOf(harness)).toBe(2);
    harness.pipe('in', put('a', '2'));
    harness.task.prepareCommit();
    harness.task.abort();
    expect(positionOf(harness)).toBeUndefined();
    // At-least-once: what reached the changelog counts, whether or not its offsets were committed.
    restore(harness, [put('a', '1'), put('b', '1'), put('a', '12')]);
    expect(positionOf(harness)).toBe(3);
    expect(rows(harness.start(), 'A')).toEqual(['a=12', 'b=1']);
  });

  it('leaves nothing in the engine: neither rows nor its position', () => {
    const engine = new MemoryEngine({ ephemeral: true });
    const kept = new MemoryEngine();
    for (const each of [engine, kept])
      opened([store('A')], { engine: each })
        .start()
        .pipe('in', put('key-of-a-row', '1'))
        .commit();
    const bytes = (from: MemoryEngine): string => {
      let text = '';
      const iterator = from.iterate({});
      while (iterator.next()) text += Buffer.from(iterator.key).toString('latin1');
      iterator.close();
      return text;
    };
    expect([bytes(kept).includes('key-of-a-row'), bytes(engine).includes('key-of-a-row')]).toEqual([true, false]);
    expect([bytes(kept).includes(changelog), bytes(engine).includes(changelog)]).toEqual([true, false]);
  });

  it('keeps its rows while the task is suspended', () => {
    const harness = opened([store('A')]).start();
    harness.pipe('in', put('a', '1'));
    harness.commit();
    harness.task.suspend();
    harness.task.takePosition(harness.tp('in'), { offset: 1 });
    harness.task.resume(0);
    harness.pipe('in', put('a', '2'));
    expect(rows(harness, 'A')).toEqual(['a=12']);
    expect(positionOf(harness)).toBe(1);
  });

  it('is empty after a wipe', () => {
    const harness = opened([store('A')]);
    restore(harness, [put('a', '1')]);
    expect(positionOf(harness)).toBe(1);
    void harness.task.wipe();
    expect(positionOf(harness)).toBeUndefined();
    expect(rows(harness.start(), 'A')).toEqual([]);
  });

  it('leaves stores without a changelog in the engine, where an abort finds them', () => {
    const harness = opened([store('A'), store('U', { logging: undefined })]).start();
    harness.pipe('in', put('a', '1'));
    harness.commit();
    harness.pipe('in', put('a', '2'));
    harness.task.abort();
    expect(rows(harness.start(), 'U')).toEqual(['a=1']);
    expect(rows(harness, 'A')).toEqual([]);
  });

  it('is rebuilt from a source topic that doubles as changelog', () => {
    const reused: StorePlan = { ...store('A'), changelog: { name: 'in', internal: false }, changelogIsSource: true };
    const harness = opened([reused]).start();
    harness.pipe('in', put('a', '1'), put('b', '1'));
    harness.commit();
    expect(harness.output.sent).toEqual([]);
    expect(harness.task.changelogs).toEqual([{ tp: harness.tp('in'), store: 'A', position: 2, isSource: true }]);
    harness.task.abort();
    expect(positionOf(harness)).toBeUndefined();
    harness.task.restore(fetched(harness.tp('in'), 0, [put('a', '1'), put('b', '1')]));
    void harness.task.flushRestore();
    expect(rows(harness.start(), 'A')).toEqual(['a=1', 'b=1']);
  });

  it('still sees that somebody else wrote into its changelog (I2)', () => {
    const harness = opened([store('A')]);
    restore(harness, [put('a', '1')]);
    harness.task.noteRestored(harness.tp(changelog), 1);
    harness.start();
    harness.pipe('in', put('a', '2'));
    harness.task.prepareCommit();
    const acks = new Map([[harness.tp(changelog), { lastOffset: 5, contiguous: true }]]);
    expect(() => void harness.task.completeCommit(acks)).toThrow(expect.objectContaining({ code: 'MR_INVARIANT' }));
  });
});

describe('aborts at any step', () => {
  const steps = ['process', 'prepare', 'offsets', 'complete'] as const;
  const abort = fc.record({ afterRecords: fc.nat(5), step: fc.constantFrom(...steps) });

  it.each([
    ['', {}, {}],
    ['with a record cache', { cacheBytes: 1 << 20 }, { caching: true }],
    ['with a tiny record cache', { cacheBytes: 150 }, { caching: true }],
  ] satisfies readonly (readonly [string, HarnessOptions, object])[])(
    'lose nothing and double nothing that was committed %s',
    (_name, options, spec) => {
      const inputs = Array.from({ length: 30 }, (_, i) => put('abc'.charAt(i % 3), i % 7 === 6 ? null : String.fromCharCode(65 + i), i));
      fc.assert(
        fc.property(fc.array(abort, { maxLength: 6 }), (aborts) => {
          // One task throughout. What reached the changelog without its offsets is cut off, so that nothing is applied twice.
          const harness = opened([store('A', spec)], options);
          const { output, task } = harness;
          const log: Input[] = [];
          let committed = 0;
          for (const { afterRecords, step } of [...aborts, { afterRecords: inputs.length, step: 'complete' as const }]) {
            restore(harness, log);
            task.noteRestored(harness.tp(changelog), log.length);
            task.takePosition(harness.tp('in'), { offset: committed });
            task.start(0);
            const batch = inputs.slice(committed, committed + afterRecords);
            task.enqueue(fetched(harness.tp('in'), committed, batch));
            harness.run();
            if (step !== 'process') {
              task.prepareCommit();
              const sent = output.sent.map(({ key, value, timestamp }) => put(key as string, value, timestamp));
              if (step !== 'prepare') {
                log.push(...sent);
                committed += batch.length;
              }
              if (step === 'complete') {
                const acks = sent.length === 0 ? [] : [[harness.tp(changelog), { lastOffset: log.length - 1, contiguous: true }] as const];
                void task.completeCommit(new Map(acks));
                expect(positionOf(harness) ?? 0).toBe(log.length);
              }
            }
            output.sent.length = 0;
            task.abort();
          }
          restore(harness, log);
          const model = new Map<string, string>();
          for (const { key, value } of inputs.slice(0, committed)) {
            if (value === null) model.delete(key as string);
            else model.set(key as string, `${model.get(key as string) ?? ''}${String(value)}`);
          }
          expect(rows(harness.start(), 'A')).toEqual(
            [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`),
          );
        }),
        { numRuns: 150, seed: 5 },
      );
    },
  );
});
