/** What a task keeps, and when: commits, crashes at every step of them, restores, stores that come and go (I2, I4). */
import type { EngineBatch } from '@millrace/state';
import { MemoryEngine } from '@millrace/state/memory';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/log.ts';
import { encodeOffsetMetadata } from '../../src/engine/offset-metadata.ts';
import type { StreamRecord } from '../../src/record.ts';
import { customSerde } from '../../src/serde/custom-serde.ts';
import type { KeyValueStore, TableStore } from '../../src/stores/faces.ts';
import type { StorePlan } from '../../src/topology/plan.ts';
import {
  anySerde,
  continuing,
  fetched,
  Harness,
  type HarnessOptions,
  type Input,
  node,
  plan,
  source,
  store,
  type TestContext,
  TestOutput,
} from './task-harness.ts';

type Store = KeyValueStore<string, string>;

/** Puts every record into all stores; a null value deletes. */
const putting = (names: readonly string[]) => () => {
  let stores: Store[] = [];
  return {
    init: (context: TestContext) => void (stores = names.map((name) => context.getStateStore<Store>(name))),
    process: (record: StreamRecord<string, string | null>) => {
      for (const each of stores) each.put(record.key, record.value);
    },
  };
};

function storing(...stores: readonly StorePlan[]) {
  const names = stores.map(({ spec }) => spec.name);
  return plan([source('S', 'in', ['P']), node('P', [], putting(names), names)], stores);
}

const rows = (harness: Harness, name: string): string[] =>
  [...(harness.task.store(name) as Store).all()].map(({ key, value }) => `${key}=${value}`);
const put = (key: string, value: string | null, timestamp = 0): Input => ({ key, value, timestamp });
const changelog = 'app-A-changelog';
const positionOf = (harness: Harness, name = 'A'): number | undefined =>
  harness.task.changelogs.find((state) => state.store === name)?.position;

/** A memory engine whose batches settle later, or fail. */
class SlowEngine extends MemoryEngine {
  override readonly synchronous = false;
  failing = false;

  override batch(): EngineBatch {
    const inner = super.batch();
    const commit = async (): Promise<void> => {
      await Promise.resolve();
      if (this.failing) throw new Error('disk full');
      await inner.commit();
    };
    return {
      put: (key, value) => inner.put(key, value),
      delete: (key) => inner.delete(key),
      deleteRange: (gte, lt) => inner.deleteRange(gte, lt),
      get size() {
        return inner.size;
      },
      commit,
    };
  }
}

describe('a commit', () => {
  it('logs key and value bytes with the time of the record, and no headers', () => {
    const harness = new Harness(storing(store('A'))).start();
    harness.pipe('in', { key: 'k', value: 'v', timestamp: 7, headers: [['h', 'x']] }, put('k', null, 9));
    expect(harness.output.sent).toEqual([
      { topic: changelog, partition: 0, key: 'k', value: 'v', timestamp: 7, headers: [] },
      { topic: changelog, partition: 0, key: 'k', value: null, timestamp: 9, headers: [] },
    ]);
  });

  it('writes data, changelog positions and input positions in one batch', () => {
    const engine = new MemoryEngine();
    const harness = new Harness(storing(store('A')), { engine }).start();
    expect(harness.task.hasState).toBe(false);
    harness.pipe('in', put('a', '1'), put('b', '2', 50));
    expect(harness.task.commitNeeded).toBe(true);
    expect(positionOf(harness)).toBeUndefined();
    expect(harness.commit()).toEqual(new Map([['in', `2:${encodeOffsetMetadata(50, new Map())}`]]));
    expect(harness.task.commitNeeded).toBe(false);
    expect(positionOf(harness)).toBe(2);
    const next = new Harness(storing(store('A')), { engine });
    expect(next.task.hasState).toBe(true);
    expect(positionOf(next)).toBe(2);
    expect(rows(next.start(), 'A')).toEqual(['a=1', 'b=2']);
  });

  it('commits the head, not what is queued behind it, and the end of a batch behind its last record', () => {
    const harness = new Harness(storing(store('A'))).start();
    harness.task.enqueue(fetched(harness.tp('in'), 0, [put('a', '1'), put('b', '2')], 9));
    harness.task.process(1, 0);
    expect(harness.commit().get('in')).toMatch(/^1:/);
    harness.task.process(1, 0);
    expect(harness.commit().get('in')).toMatch(/^9:/);
  });

  it('lets processing go on beside it: what comes meanwhile belongs to the next', () => {
    const engine = new MemoryEngine();
    const harness = new Harness(storing(store('A')), { engine }).start();
    harness.pipe('in', put('a', '1'));
    harness.task.prepareCommit();
    harness.pipe('in', put('a', '2'), put('b', '3'));
    // The broker has acknowledged all three, the batch has the first only.
    void harness.task.completeCommit(harness.output.acknowledge());
    expect(positionOf(harness)).toBe(1);
    const crashed = new Harness(storing(store('A')), { engine });
    expect(positionOf(crashed)).toBe(1);
    expect(rows(crashed.start(), 'A')).toEqual(['a=1']);
    expect(rows(harness, 'A')).toEqual(['a=2', 'b=3']);
    harness.pipe('in', put('c', '4'));
    harness.commit();
    expect(positionOf(harness)).toBe(4);
    expect(rows(new Harness(storing(store('A')), { engine }).start(), 'A')).toEqual(['a=2', 'b=3', 'c=4']);
  });

  it('may be prepared again before it is completed', () => {
    const engine = new MemoryEngine();
    const harness = new Harness(storing(store('A')), { engine }).start();
    harness.pipe('in', put('a', '1'));
    harness.task.prepareCommit();
    harness.pipe('in', put('a', '2'));
    harness.commit();
    expect(positionOf(harness)).toBe(2);
    expect(rows(new Harness(storing(store('A')), { engine }).start(), 'A')).toEqual(['a=2']);
  });

  it.each([
    ['was not acknowledged', () => new Map()],
    ['has a hole', (harness: Harness) => new Map([[harness.tp(changelog), { lastOffset: 5, contiguous: false }]])],
  ])('is refused if the changelog %s, and keeps nothing (I2)', (_name, acknowledged) => {
    const engine = new MemoryEngine();
    const harness = new Harness(storing(store('A')), { engine }).start();
    harness.pipe('in', put('a', '1'));
    harness.task.prepareCommit();
    expect(() => harness.task.completeCommit(acknowledged(harness))).toThrow(expect.objectContaining({ code: 'MR_INVARIANT' }));
    expect(rows(new Harness(storing(store('A')), { engine }).start(), 'A')).toEqual([]);
  });

  it.each([
    { name: 'follow on what was restored', restoredTo: 4, lastOffset: 5, contiguous: true, refused: false },
    // The producer compares with what it wrote last, before the task was elsewhere.
    {
      name: 'follow on what was restored, though not on what the producer wrote before',
      restoredTo: 4,
      lastOffset: 5,
      contiguous: false,
      refused: false,
    },
    { name: 'are somewhere, as the broker does not say where', restoredTo: 4, lastOffset: -1, contiguous: false, refused: true },
    { name: 'leave a hole behind what was restored', restoredTo: 4, lastOffset: 6, contiguous: true, refused: true },
  ])('is checked against the restore: records that $name', ({ restoredTo, lastOffset, contiguous, refused }) => {
    const harness = new Harness(storing(store('A')), { engine: new MemoryEngine() });
    harness.task.noteRestored(harness.tp(changelog), restoredTo);
    harness.start().pipe('in', put('a', '1'), put('b', '2'));
    harness.task.prepareCommit();
    const complete = (): unknown => harness.task.completeCommit(new Map([[harness.tp(changelog), { lastOffset, contiguous }]]));
    if (refused) expect(complete).toThrow(expect.objectContaining({ code: 'MR_INVARIANT' }));
    else expect(complete).not.toThrow();
    expect(positionOf(harness)).toBe(refused ? undefined : 6);
  });

  it('cannot be completed before it was prepared, or before stores without a changelog were written', () => {
    const harness = new Harness(storing(store('U', { logging: undefined }))).start();
    expect(() => harness.task.completeCommit(new Map())).toThrow(expect.objectContaining({ code: 'MR_STATE_INVALID' }));
    harness.pipe('in', put('a', '1'));
    harness.task.prepareCommit();
    expect(() => harness.task.completeCommit(new Map())).toThrow(expect.objectContaining({ code: 'MR_INVARIANT' }));
  });

  it('waits for an engine that writes later, and fails with it', async () => {
    const engine = new SlowEngine();
    const harness = new Harness(storing(store('A'), store('U', { logging: undefined })), { engine }).start();
    harness.pipe('in', put('a', '1'));
    harness.task.prepareCommit();
    await harness.task.writeUnlogged();
    await harness.task.completeCommit(harness.output.acknowledge());
    expect(rows(new Harness(storing(store('A')), { engine }).start(), 'A')).toEqual(['a=1']);
    engine.failing = true;
    harness.pipe('in', put('a', '2'));
    harness.task.prepareCommit();
    await expect(harness.task.writeUnlogged()).rejects.toThrow('disk full');
    await expect(harness.task.completeCommit(harness.output.acknowledge())).rejects.toThrow('disk full');
    engine.failing = false;
    expect(rows(new Harness(storing(store('A')), { engine }).start(), 'A')).toEqual(['a=1']);
  });
});

describe('a store without a changelog', () => {
  const unlogged = (): StorePlan => store('U', { logging: undefined });

  it('is written before the offsets are committed, and a restart goes on from the later position', () => {
    const engine = new MemoryEngine();
    const first = new Harness(storing(unlogged()), { engine }).start();
    first.pipe('in', put('a', '1', 5));
    first.commit();
    first.pipe('in', put('a', '2', 70));
    first.task.prepareCommit();
    void first.task.writeUnlogged();
    // Crash: Kafka has offset 1.
    const warn = vi.fn();
    const second = new Harness(storing(unlogged()), { engine, log: { ...silentLogger, warn } });
    expect(second.task.takePosition(second.tp('in'), { offset: 1, metadata: encodeOffsetMetadata(5, new Map()) })).toBe(2);
    const place = { taskId: '0_0', topic: 'in', partition: 0, committed: 1, position: 2 };
    expect(warn.mock.calls).toEqual([[expect.stringContaining('goes on behind its committed offset'), place]]);
    second.task.start(0);
    expect(rows(second, 'U')).toEqual(['a=2']);
    second.task.enqueue(fetched(second.tp('in'), 2, [put('b', '3', 6)]));
    expect(second.task.process(1, 0)).toBe(1);
    const { offsets } = second.task.prepareCommit();
    expect([...offsets.values()][0]).toEqual({ offset: 3, metadata: encodeOffsetMetadata(70, new Map()) });
  });

  it('has nothing of a commit that did not get so far', () => {
    const engine = new MemoryEngine();
    const first = new Harness(storing(unlogged()), { engine }).start();
    first.pipe('in', put('a', '1'));
    first.task.prepareCommit();
    const second = new Harness(storing(unlogged()), { engine });
    expect(second.task.takePosition(second.tp('in'), null)).toBeUndefined();
    expect(rows(second.start(), 'U')).toEqual([]);
  });
});

describe('a store that gets a changelog later', () => {
  const engineWith = (key: string, value: string): MemoryEngine => {
    const engine = new MemoryEngine();
    const harness = new Harness(storing(store('U', { logging: undefined })), { engine }).start();
    harness.pipe('in', put(key, value));
    harness.commit();
    return engine;
  };

  it('is refused while it has rows, since these would be missing in the changelog', () => {
    const engine = engineWith('a', '1');
    expect(() => new Harness(storing(store('U')), { engine })).toThrow(
      expect.objectContaining({ code: 'MR_CHANGELOG_INCOMPLETE', message: expect.stringMatching(/store U .*-U-changelog/) as unknown }),
    );
    expect(rows(new Harness(storing(store('U', { logging: undefined })), { engine }).start(), 'U')).toEqual(['a=1']);
  });

  it('is refused also when it is empty, if it had that changelog before: what was deleted meanwhile would come back', () => {
    const engine = new MemoryEngine();
    const first = new Harness(storing(store('U')), { engine }).start();
    first.pipe('in', put('a', '1'));
    first.commit();
    for (const value of [null, '2', null]) {
      const unlogged = new Harness(storing(store('U', { logging: undefined })), { engine }).start();
      unlogged.pipe('in', put('a', value));
      unlogged.commit();
    }
    expect(() => new Harness(storing(store('U')), { engine })).toThrow(expect.objectContaining({ code: 'MR_CHANGELOG_INCOMPLETE' }));
    expect(rows(new Harness(storing(store('U', { logging: undefined })), { engine }).start(), 'U')).toEqual([]);
  });

  it('is taken when it is empty', () => {
    const engine = new MemoryEngine();
    const unlogged = new Harness(storing(store('U', { logging: undefined })), { engine }).start();
    unlogged.pipe('in', put('a', null));
    unlogged.commit();
    const logged = new Harness(storing(store('U')), { engine }).start();
    logged.pipe('in', put('a', '1'));
    logged.commit();
    expect(rows(new Harness(storing(store('U')), { engine }).start(), 'U')).toEqual(['a=1']);
  });

  it('is taken when it was left out in between', () => {
    const engine = engineWith('a', '1');
    const without = new Harness(storing(store('V')), { engine }).start();
    without.pipe('in', put('b', '2'));
    without.commit();
    const logged = new Harness(storing(store('U')), { engine }).start();
    expect(rows(logged, 'U')).toEqual([]);
    logged.pipe('in', put('c', '3'));
    logged.commit();
    expect(rows(new Harness(storing(store('U')), { engine }).start(), 'U')).toEqual(['c=3']);
  });
});

describe('positions and times', () => {
  it.each([
    [null, undefined],
    [{ offset: 7 }, 7],
  ])('takes over %j as %s', (committed, position) => {
    const harness = new Harness(storing(store('A')));
    expect(harness.task.takePosition(harness.tp('in'), committed)).toBe(position);
  });

  it('goes on with the partition time and the processors’ times of the last owner', () => {
    const seen: number[] = [];
    const looking = () => ({ process: (_record: unknown, context: TestContext) => void seen.push(context.currentStreamTimeMs) });
    const harness = new Harness(plan([source('S', 'in', ['P']), node('P', [], looking)]));
    const times = new Map([['join', 99n]]);
    harness.task.takePosition(harness.tp('in'), { offset: 3, metadata: encodeOffsetMetadata(50, times) });
    harness.task.start(0);
    harness.task.enqueue(fetched(harness.tp('in'), 3, [{ timestamp: 10 }]));
    harness.task.process(1, 0);
    expect(seen).toEqual([50]);
    expect(harness.task.prepareCommit().offsets.get(harness.tp('in'))).toEqual({ offset: 4, metadata: encodeOffsetMetadata(50, times) });
  });

  it('commits the reader’s position of an input that had no records, so that a restart starts there', () => {
    const harness = new Harness(storing(store('A')));
    harness.task.takePosition(harness.tp('in'), null);
    harness.task.start(0);
    expect(harness.task.prepareCommit().offsets.size).toBe(0);
    harness.task.noteProgress(harness.tp('in'), 100, 100);
    expect(harness.task.prepareCommit().offsets.get(harness.tp('in'))?.offset).toBe(100);
  });
});

describe('a restore', () => {
  it('applies the changelog: the last record of a key wins, null deletes, records without a key say nothing', () => {
    const engine = new MemoryEngine();
    const harness = new Harness(storing(store('A')), { engine });
    harness.task.restore(
      fetched(harness.tp(changelog), 0, [put('a', '1'), put('b', '2'), put('a', '3'), put('b', null), { value: 'x' }, put('', '')]),
    );
    void harness.task.flushRestore();
    expect(positionOf(harness)).toBe(6);
    expect(rows(harness.start(), 'A')).toEqual(['=', 'a=3']);
    expect(harness.output.sent).toEqual([]);
    expect(positionOf(new Harness(storing(store('A')), { engine }))).toBe(6);
  });

  it('goes on where the engine is, also when the reader begins earlier', () => {
    const harness = new Harness(storing(store('A')));
    harness.task.restore(fetched(harness.tp(changelog), 0, [put('a', '1'), put('a', '2')]));
    void harness.task.flushRestore();
    harness.task.restore(fetched(harness.tp(changelog), 0, [put('a', '1'), put('a', '2'), put('b', '3')]));
    void harness.task.flushRestore();
    expect(positionOf(harness)).toBe(3);
    expect(rows(harness.start(), 'A')).toEqual(['a=2', 'b=3']);
  });

  it('notes a position behind records that are gone', () => {
    const harness = new Harness(storing(store('A')));
    harness.task.restore(fetched(harness.tp(changelog), 0, [], 40));
    void harness.task.flushRestore();
    expect(positionOf(harness)).toBe(40);
  });

  it('puts the record’s time in front of the values of timestamped stores', () => {
    const harness = new Harness(storing(store('A', { timestamped: true })));
    harness.task.restore(fetched(harness.tp(changelog), 0, [put('a', '1', 77)]));
    void harness.task.flushRestore();
    expect((harness.start().task.store('A') as KeyValueStore<string, unknown>).get('a')).toEqual({ value: '1', timestamp: 77 });
  });

  it.each([
    ['at once', () => new MemoryEngine()],
    ['later', () => new SlowEngine()],
  ])('writes big restores in pieces, on an engine that writes %s', async (_name, make) => {
    const engine = make();
    const harness = new Harness(storing(store('A')), { engine });
    const value = 'v'.repeat(100_000);
    for (let i = 0; i < 90; i++) harness.task.restore(fetched(harness.tp(changelog), i, [put(`k${i % 50}`, `${i}${value}`)]));
    await Promise.resolve();
    await Promise.resolve();
    const before = positionOf(new Harness(storing(store('A')), { engine }));
    expect(before).toBeGreaterThan(40);
    expect(before).toBeLessThan(90);
    await harness.task.flushRestore();
    expect(positionOf(harness)).toBe(90);
    const next = new Harness(storing(store('A')), { engine });
    expect(positionOf(next)).toBe(90);
    expect(rows(next.start(), 'A').filter((row) => row.startsWith('k9='))).toEqual([`k9=59${value}`]);
    expect((harness.start().task.store('A') as Store).approximateNumEntries()).toBe(50);
  });

  it('tells the next flush of a piece that could not be written', async () => {
    const engine = new SlowEngine();
    engine.failing = true;
    const harness = new Harness(storing(store('A')), { engine });
    harness.task.restore(fetched(harness.tp(changelog), 0, [put('a', 'v'.repeat(5_000_000))]));
    await expect(harness.task.flushRestore()).rejects.toThrow('disk full');
    expect(positionOf(harness)).toBeUndefined();
  });

  it('is refused for a topic that is no changelog of the task', () => {
    const harness = new Harness(storing(store('A')));
    expect(() => harness.task.restore(fetched(harness.tp('other'), 0, []))).toThrow(
      expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }),
    );
  });

  it('starts from nothing after a wipe', () => {
    const engine = new MemoryEngine();
    const first = new Harness(storing(store('A')), { engine }).start();
    first.pipe('in', put('a', '1'));
    first.commit();
    const harness = new Harness(storing(store('A')), { engine });
    void harness.task.wipe();
    expect(positionOf(harness)).toBeUndefined();
    expect(harness.task.takePosition(harness.tp('in'), null)).toBeUndefined();
    expect(rows(harness.start(), 'A')).toEqual([]);
    expect(new Harness(storing(store('A')), { engine }).task.hasState).toBe(false);
  });

  it('keeps over a wipe what no changelog has, and where its input stands', () => {
    const engine = new MemoryEngine();
    const stores = [store('A'), store('U', { logging: undefined })];
    const first = new Harness(storing(...stores), { engine }).start();
    first.pipe('in', put('a', '1'));
    first.commit();
    void new Harness(storing(...stores), { engine }).task.wipe();
    const harness = new Harness(storing(...stores), { engine });
    expect(harness.task.takePosition(harness.tp('in'), null)).toBe(1);
    expect([rows(harness.start(), 'A'), rows(harness, 'U')]).toEqual([[], ['a=1']]);
  });

  it('forgets over a wipe where an input stands that was made again: its offsets mean other records', () => {
    const engine = new MemoryEngine();
    const stores = [store('A'), store('U', { logging: undefined })];
    const first = new Harness(storing(...stores), { engine }).start();
    first.pipe('in', put('a', '1'));
    first.commit();
    void new Harness(storing(...stores), { engine }).task.wipe(['in']);
    const harness = new Harness(storing(...stores), { engine });
    expect(harness.task.takePosition(harness.tp('in'), { offset: 0 })).toBe(0);
    expect(rows(harness.start(), 'U')).toEqual(['a=1']);
  });

  it('reads a source topic that doubles as changelog up to the committed input, without a changelog of its own', () => {
    const engine = new MemoryEngine();
    const reused: StorePlan = {
      ...store('A', { timestamped: false }),
      changelog: { name: 'in', internal: false },
      changelogIsSource: true,
    };
    const first = new Harness(storing(reused), { engine }).start();
    first.pipe('in', put('a', '1'), put('b', '2'));
    first.commit();
    expect(first.output.sent).toEqual([]);
    const second = new Harness(storing(reused), { engine });
    expect(second.task.changelogs).toEqual([{ tp: second.tp('in'), store: 'A', position: 2, isSource: true }]);
    second.task.restore(fetched(second.tp('in'), 2, [put('b', '3')]));
    void second.task.flushRestore();
    expect(rows(second.start(), 'A')).toEqual(['a=1', 'b=3']);
  });

  describe('of a source topic that doubles as changelog', () => {
    class Away extends Error {
      readonly retriable = true;
    }
    /** Reads everything but `x`, which it may read another time, and `?`, which nobody reads. */
    const lacking = anySerde(
      customSerde<string>({
        encode: (value) => Buffer.from(value),
        decode: (bytes) => {
          const text = Buffer.from(bytes).toString();
          if (text === 'x') throw new Away('nobody answers');
          if (text === '?') throw new Error('no text');
          return text;
        },
      }),
    );
    const piped = (changelog: Partial<StorePlan>, value: string): Harness => {
      const nodes = [source('S', 'in', ['P'], { valueSerde: lacking }), node('P', [], putting(['A']), ['A'])];
      const harness = new Harness(plan(nodes, [{ ...store('A'), ...changelog }]), { handlers: continuing }).start();
      return harness.pipe('in', put('a', '1'), put('b', value), put('c', '3'));
    };
    const reused: Partial<StorePlan> = { changelog: { name: 'in', internal: false }, changelogIsSource: true };

    it('drops no record that could be read another time, whatever the handler says: a restore would find its row', () => {
      expect(() => piped(reused, 'x')).toThrow(
        expect.objectContaining({
          code: 'MR_DESERIALIZATION',
          message: expect.stringMatching(/nobody answers.*may not be dropped.*restored/) as unknown,
          details: expect.objectContaining({ topic: 'in', offset: 1 }) as unknown,
        }),
      );
    });

    it.each([
      { what: 'a record that nobody can read', changelog: reused, value: '?' },
      { what: 'any record of a table with a changelog of its own', changelog: {}, value: 'x' },
    ])('drops $what where the handler says so', ({ changelog, value }) => {
      expect(rows(piped(changelog, value), 'A')).toEqual(['a=1', 'c=3']);
    });
  });

  it('tells of a source topic that doubles as changelog how far stores without one have it', () => {
    const engine = new MemoryEngine();
    const reused: StorePlan = {
      ...store('A', { timestamped: false }),
      changelog: { name: 'in', internal: false },
      changelogIsSource: true,
    };
    const plans = [reused, store('U', { logging: undefined })];
    const first = new Harness(storing(...plans), { engine }).start();
    first.pipe('in', put('a', '1'));
    first.commit();
    first.pipe('in', put('a', '2'));
    first.task.prepareCommit();
    void first.task.writeUnlogged();
    // Crash: Kafka has offset 1, and the table is on disk up to there.
    const second = new Harness(storing(...plans), { engine });
    expect(second.task.changelogs).toMatchObject([{ position: 1, inputPosition: 2 }]);
    expect(second.task.takePosition(second.tp('in'), { offset: 1 })).toBe(2);
  });
});

describe('stores that come and go', () => {
  it('keep their keys apart and their data, wherever in the list they stand; what is removed is dropped', () => {
    const engine = new MemoryEngine();
    const run = (stores: readonly StorePlan[], ...inputs: readonly Input[]): Harness => {
      const harness = new Harness(storing(...stores), { engine }).start();
      harness.pipe('in', ...inputs);
      harness.commit();
      return harness;
    };
    run([store('A'), store('B')], put('a', '1'));
    const second = run([store('C'), store('B')], put('b', '2'));
    expect(rows(second, 'B')).toEqual(['a=1', 'b=2']);
    expect(rows(second, 'C')).toEqual(['b=2']);
    const third = run([store('A'), store('B'), store('C')]);
    expect(rows(third, 'A')).toEqual([]);
    expect(positionOf(third, 'A')).toBeUndefined();
    expect(rows(third, 'B')).toEqual(['a=1', 'b=2']);
    expect(rows(third, 'C')).toEqual(['b=2']);
  });
});

describe('leaving', () => {
  it('suspends with its stores, drops what is queued, and goes on where it was', () => {
    const harness = new Harness(storing(store('A'))).start();
    harness.pipe('in', put('a', '1'));
    harness.enqueue('in', put('b', '2'));
    harness.commit();
    harness.task.suspend();
    expect(harness.task.queued(harness.tp('in'))).toBe(0);
    expect(harness.task.ready(0)).toBe(false);
    expect(harness.task.takePosition(harness.tp('in'), { offset: 1 })).toBe(1);
    harness.task.resume(0);
    harness.task.enqueue(fetched(harness.tp('in'), 1, [put('b', '2')]));
    expect(harness.run()).toBe(1);
    expect(rows(harness, 'A')).toEqual(['a=1', 'b=2']);
  });

  it('does not go on if somebody else went on meanwhile (I4)', () => {
    const harness = new Harness(storing(store('A'))).start();
    harness.pipe('in', put('a', '1'));
    harness.commit();
    harness.task.suspend();
    expect(() => harness.task.takePosition(harness.tp('in'), { offset: 5 })).toThrow(expect.objectContaining({ code: 'MR_TASK_LOST' }));
  });

  it('forgets what is not committed when it is aborted, and nothing else', () => {
    const harness = new Harness(storing(store('A'), store('U', { logging: undefined }))).start();
    harness.pipe('in', put('a', '1'));
    harness.commit();
    harness.pipe('in', put('a', '2'), put('b', '3'));
    harness.task.prepareCommit();
    harness.pipe('in', put('c', '4'));
    harness.task.abort();
    expect(positionOf(harness)).toBe(1);
    harness.start();
    expect(rows(harness, 'A')).toEqual(['a=1']);
    expect(rows(harness, 'U')).toEqual(['a=1']);
    expect(harness.task.commitNeeded).toBe(false);
  });

  it('refuses everything once it is closed', () => {
    const harness = new Harness(storing(store('A'))).start();
    harness.task.close();
    expect(() => harness.task.process(1, 0)).toThrow(expect.objectContaining({ code: 'MR_CLOSED' }));
    expect(harness.metrics.collect()).toEqual([]);
  });
});

describe('a store of the last used entries', () => {
  const lru = (): StorePlan => store('A', { maxEntries: 2, persistence: 'inMemory' });

  it('deletes in the changelog what falls out, before what comes in', () => {
    const harness = new Harness(storing(lru())).start();
    harness.pipe('in', put('a', '1'), put('b', '2'));
    (harness.task.store('A') as Store).get('a');
    harness.pipe('in', put('c', '3', 9));
    expect(rows(harness, 'A')).toEqual(['a=1', 'c=3']);
    expect(harness.output.take(changelog)).toEqual(['a=1@0', 'b=2@0', 'b=null@9', 'c=3@9']);
  });

  it('leaves in the changelog what falls out of a store with timestamps, as Java’s does', () => {
    const table = store('A', { maxEntries: 2, persistence: 'inMemory', timestamped: true });
    const writing = () => {
      let rows: TableStore<string, string>;
      return {
        init: (context: TestContext) => void (rows = context.getStateStore('A')),
        process: (record: StreamRecord<string, string>) => void rows.write(record.key, record.value, record.timestamp),
      };
    };
    const harness = new Harness(plan([source('S', 'in', ['P']), node('P', [], writing, ['A'])], [table])).start();
    harness.pipe('in', put('a', '1'), put('b', '2'), put('c', '3', 9));
    expect(harness.output.take(changelog)).toEqual(['a=1@0', 'b=2@0', 'c=3@9']);
    expect([...(harness.task.store('A') as Store).all()].map(({ key }) => key)).toEqual(['b', 'c']);
  });

  it('is restored from the changelog’s start, whatever was committed', () => {
    const engine = new MemoryEngine();
    const first = new Harness(storing(lru()), { engine }).start();
    first.pipe('in', put('a', '1'), put('b', '2'));
    first.commit();
    const second = new Harness(storing(lru()), { engine });
    expect(positionOf(second)).toBeUndefined();
    second.task.restore(fetched(second.tp(changelog), 0, [put('a', '1'), put('b', '2'), put('c', '3'), put('b', null)]));
    void second.task.flushRestore();
    expect(positionOf(second)).toBe(4);
    expect(rows(second.start(), 'A')).toEqual(['c=3']);
    expect(second.output.sent).toEqual([]);
  });

  it('lists ranges both ways and by prefix', () => {
    const harness = new Harness(storing(store('A', { maxEntries: 10 }))).start();
    harness.pipe('in', put('b', '2'), put('a', '1'), put('ab', '3'));
    const face = harness.task.store('A') as Store;
    const keys = (entries: Iterable<{ readonly key: string }>): string => [...entries].map(({ key }) => key).join();
    expect(keys(face.all())).toBe('a,ab,b');
    expect(keys(face.reverseAll())).toBe('b,ab,a');
    expect(keys(face.range('ab', 'b'))).toBe('ab,b');
    expect(keys(face.reverseRange(undefined, 'ab'))).toBe('ab,a');
    expect(keys(face.prefixScan(Buffer.from('a')))).toBe('a,ab');
    expect(face.approximateNumEntries()).toBe(3);
  });
});

describe('crashes at any step', () => {
  /** Appends to what was there, so that a record that is applied twice or not at all shows. */
  const appending = () => {
    let mine: Store;
    return {
      init: (context: TestContext) => void (mine = context.getStateStore<Store>('A')),
      process: (record: StreamRecord<string, string>) => mine.put(record.key, `${mine.get(record.key) ?? ''}${record.value}`),
    };
  };
  const steps = ['process', 'prepare', 'flush', 'offsets', 'complete'] as const;
  const crash = fc.record({ afterRecords: fc.nat(5), step: fc.constantFrom(...steps), keepDirectory: fc.boolean() });

  it.each([
    ['', {}, {}],
    ['with a record cache', { cacheBytes: 1 << 20 }, { caching: true }],
    ['with a tiny record cache', { cacheBytes: 150 }, { caching: true }],
    ['with a tiny read cache', { readCacheBytes: 300 }, {}],
  ] satisfies readonly (readonly [string, HarnessOptions, object])[])(
    'loses nothing and doubles nothing that was committed %s',
    (_name, options, spec) => {
      const nodes = plan([source('S', 'in', ['P']), node('P', [], appending, ['A'])], [store('A', spec)]);
      const inputs = Array.from({ length: 30 }, (_, i) => put('abc'.charAt(i % 3), String.fromCharCode(65 + i), i));
      fc.assert(
        fc.property(fc.array(crash, { maxLength: 6 }), (crashes) => {
          const log: Input[] = [];
          let committed = 0;
          let engine = new MemoryEngine();
          for (const { afterRecords, step, keepDirectory } of [
            ...crashes,
            { afterRecords: inputs.length, step: 'complete' as const, keepDirectory: true },
          ]) {
            if (!keepDirectory) engine = new MemoryEngine();
            const output = new TestOutput();
            const harness = new Harness(nodes, { ...options, engine, output });
            const from = positionOf(harness) ?? 0;
            expect(from).toBeLessThanOrEqual(log.length);
            harness.task.restore(fetched(harness.tp(changelog), from, log.slice(from)));
            void harness.task.flushRestore();
            harness.task.takePosition(harness.tp('in'), { offset: committed });
            harness.task.start(0);
            const batch = inputs.slice(committed, committed + afterRecords);
            harness.task.enqueue(fetched(harness.tp('in'), committed, batch));
            harness.run();
            if (step === 'process') continue;
            harness.task.prepareCommit();
            const acks = output.acknowledge();
            if (step === 'prepare') continue;
            const base = log.length;
            log.push(...output.sent.map(({ key, value, timestamp }) => put(key as string, value, timestamp)));
            if (step === 'flush') {
              // What reached the changelog without its offsets would be applied twice (at-least-once); here it did not.
              log.splice(base);
              continue;
            }
            committed += batch.length;
            if (step === 'offsets') continue;
            void harness.task.completeCommit(
              new Map([...acks].map(([tp, { lastOffset }]) => [tp, { lastOffset: lastOffset + base, contiguous: true }])),
            );
            expect(positionOf(harness) ?? 0).toBe(log.length);
          }
          const last = new Harness(nodes, { engine }).start();
          const expected = ['a', 'b', 'c'].map(
            (key, i) =>
              `${key}=${inputs
                .slice(0, committed)
                .filter((_, at) => at % 3 === i)
                .map(({ value }) => value)
                .join('')}`,
          );
          expect(rows(last, 'A')).toEqual(expected.filter((row) => !row.endsWith('=')));
        }),
        { numRuns: 150, seed: 5 },
      );
    },
  );
});

describe('a store whose changelog became another topic', () => {
  const own = (): StorePlan => store('A');
  const reused = (): StorePlan => ({ ...store('A'), changelog: { name: 'in', internal: false }, changelogIsSource: true });
  const committed = async (storePlan: StorePlan, engine: MemoryEngine): Promise<MemoryEngine> => {
    const harness = new Harness(storing(storePlan), { engine }).start();
    harness.pipe('in', put('gone', '1'), put('a', '2'));
    harness.task.prepareCommit();
    await harness.task.completeCommit(harness.output.acknowledge());
    return engine;
  };

  it.each([
    { what: 'has records', records: [put('a', '2')], expected: ['a=2'] },
    { what: 'is empty', records: [], expected: [] },
  ])('is made anew from a source topic that $what, without rows that this does not have', async ({ expected, records }) => {
    const engine = await committed(own(), new MemoryEngine());
    const harness = new Harness(storing(reused()), { engine });
    expect(positionOf(harness)).toBeUndefined();
    if (records.length > 0) harness.task.restore(fetched(harness.tp('in'), 1, records));
    await harness.task.flushRestore();
    expect(rows(harness.start(), 'A')).toEqual(expected);
    expect(rows(new Harness(storing(reused()), { engine }).start(), 'A')).toEqual(expected);
  });

  it('keeps what one piece of a restore brought when the next one is written', async () => {
    const engine = await committed(own(), new SlowEngine());
    const harness = new Harness(storing(reused()), { engine });
    const large = 'x'.repeat(3 << 20);
    for (const [offset, key] of ['p', 'q', 'r', 's'].entries()) harness.task.restore(fetched(harness.tp('in'), offset, [put(key, large)]));
    await harness.task.flushRestore();
    const keys = [...(harness.start().task.store('A') as Store).all()].map(({ key }) => key);
    expect(keys).toEqual(['p', 'q', 'r', 's']);
  });

  it('is refused where the new one is its own, which does not have the rows', async () => {
    const engine = await committed(reused(), new MemoryEngine());
    expect(() => new Harness(storing(own()), { engine })).toThrow(
      expect.objectContaining({
        code: 'MR_CHANGELOG_INCOMPLETE',
        message: expect.stringMatching(/store A .*another topic.*optimisation/) as unknown,
      }),
    );
    expect(rows(new Harness(storing(reused()), { engine }).start(), 'A')).toEqual(['a=2', 'gone=1']);
  });
});
