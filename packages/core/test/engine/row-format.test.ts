/** A store that is built otherwise under the same name: what lies in the engine is rebuilt from a changelog that fits, or refused; never misread. */
import type { StateEngine } from '@millrace/state';
import { MemoryEngine } from '@millrace/state/memory';
import { describe, expect, it } from 'vitest';
import { metaKey, metaKinds } from '../../src/engine/state-layout.ts';
import type { StreamRecord } from '../../src/record.ts';
import type { KeyValueStoreSpec, StoreSpec } from '../../src/stores/store-spec.ts';
import { hasSameChangelog, rowFormatOf } from '../../src/stores/row-format.ts';
import type { StorePlan } from '../../src/topology/plan.ts';
import { fetched, Harness, type Input, node, plan, source, store, type TestContext } from './task-harness.ts';

const base = store('A').spec as KeyValueStoreSpec;
const { keySerde, logging, name, persistence, valueSerde } = base;
const shared = { keySerde, logging, name, persistence, valueSerde, caching: false };

const hour = 3_600_000;
const windows = { ...shared, kind: 'window', windowSizeMs: 10, retainDuplicates: false, timeOrdered: false, timestamped: true } as const;
const specs = {
  plain: base,
  timestamps: { ...base, timestamped: true },
  forgetful: { ...base, timestamped: true, forgetsTimestamps: true },
  history: { ...shared, kind: 'versioned', historyRetentionMs: 2 * hour, segmentIntervalMs: hour },
  longHistory: { ...shared, kind: 'versioned', historyRetentionMs: 4 * hour, segmentIntervalMs: 2 * hour },
  window: { ...windows, retentionMs: 2 * hour },
  longWindow: { ...windows, retentionMs: 4 * hour },
  headedWindow: { ...windows, retentionMs: 2 * hour, keepsHeaders: true },
  duplicates: { ...windows, retentionMs: 2 * hour, retainDuplicates: true },
  session: { ...shared, kind: 'session', retentionMs: 2 * hour, timeOrdered: false },
  outerJoin: { ...shared, kind: 'outerJoin', rightValueSerde: valueSerde },
  suppressBuffer: { ...shared, kind: 'suppressBuffer' },
  joinBuffer: { ...shared, kind: 'joinBuffer', graceMs: 10 },
} as const satisfies Record<string, StoreSpec>;
type Format = keyof typeof specs;

const planned = (format: Format, isLogged = true): StorePlan => ({
  spec: isLogged ? specs[format] : { ...specs[format], logging: undefined },
  changelog: isLogged ? { name: 'A-changelog', internal: true } : undefined,
  changelogIsSource: false,
});

/** Puts and gets in whatever kind of store, as far as these tests use it. */
interface AnyStore {
  put(key: string, value: unknown, time?: number): void;
  get(key: string): unknown;
  fetchAt(key: string, start: number): unknown;
}
const time = 3 * hour;

function put(format: Format, to: AnyStore, key: string, value: string): void {
  const kept = specs[format];
  const isTimestamped = 'timestamped' in kept && kept.timestamped;
  to.put(key, isTimestamped ? { value, timestamp: time } : value, time);
}

function get(format: Format, from: AnyStore, key: string): unknown {
  const found = specs[format].kind === 'window' ? from.fetchAt(key, time) : from.get(key);
  return typeof found === 'object' && found !== null && 'value' in found ? found.value : found;
}

function open(format: Format, engine: StateEngine, isLogged = true): Harness {
  const putting = () => {
    let to: AnyStore;
    return {
      init: (context: TestContext) => void (to = context.getStateStore<AnyStore>('A')),
      process: ({ key, value }: StreamRecord<string, string>) => put(format, to, key, value),
    };
  };
  return new Harness(plan([source('S', 'in', ['P']), node('P', [], putting, ['A'])], [planned(format, isLogged)]), { engine });
}

const changelog = 'app-A-changelog';
const inputs: readonly Input[] = [
  { key: 'a', value: '1', timestamp: time },
  { key: 'b', value: '2', timestamp: time },
];

/** Two rows in the engine; returns what its changelog has then. */
function filled(format: Format, isLogged = true): { readonly engine: MemoryEngine; readonly log: readonly Input[] } {
  const engine = new MemoryEngine();
  const harness = open(format, engine, isLogged).start();
  harness.pipe('in', ...inputs).commit();
  const log = harness.output.sent
    .filter(({ topic }) => topic === changelog)
    .map(({ key, timestamp, value }) => ({ key: key === null ? null : Buffer.from(key, 'latin1'), value, timestamp }));
  return { engine, log };
}

const noteOf = (engine: StateEngine): string => Buffer.from(engine.get(metaKey(metaKinds.rowFormat, 'A')) ?? []).toString();

describe('a store that is built otherwise, where the changelog fits', () => {
  it.each<readonly [Format, Format]>([
    ['plain', 'timestamps'],
    ['timestamps', 'plain'],
    ['timestamps', 'forgetful'],
    ['forgetful', 'timestamps'],
    ['timestamps', 'history'],
    ['history', 'timestamps'],
    ['history', 'longHistory'],
    ['window', 'longWindow'],
    ['longWindow', 'window'],
    ['window', 'headedWindow'],
  ])('%s → %s: is wiped and made anew', (was, now) => {
    const { engine, log } = filled(was);
    const harness = open(now, engine);
    expect(harness.task.changelogs).toMatchObject([{ position: 2, otherFormat: expect.stringMatching(/".*", not ".*"/) as unknown }]);
    // Nobody reads it as it is, and a task that goes elsewhere before leaves the directory as it was.
    expect(() => harness.task.start(0)).toThrow(expect.objectContaining({ code: 'MR_INVARIANT' }));
    void harness.task.flushRestore();
    expect(noteOf(engine)).toBe(rowFormatOf(specs[was]));
    void harness.task.wipe();
    expect(noteOf(engine)).toBe(rowFormatOf(specs[now]));
    expect(harness.task.changelogs).toMatchObject([{ position: undefined, otherFormat: undefined }]);
    harness.task.restore(fetched(harness.tp(changelog), 0, log));
    void harness.task.flushRestore();
    // A harness of its own for reading, so that nothing comes from memory.
    const reader = open(now, engine);
    expect(reader.task.changelogs).toMatchObject([{ position: 2, otherFormat: undefined }]);
    const rows = reader.start().task.store('A') as AnyStore;
    expect([get(now, rows, 'a'), get(now, rows, 'b')]).toEqual(['1', '2']);
  });
});

describe('a store that is built otherwise, where nothing has its rows in the new format', () => {
  it.each<readonly [Format, Format]>([
    ['timestamps', 'window'],
    ['plain', 'session'],
    ['window', 'timestamps'],
    ['window', 'session'],
    ['window', 'duplicates'],
    ['history', 'window'],
    ['timestamps', 'suppressBuffer'],
  ])('%s → %s: is refused, and can be built as it was', (was, now) => {
    const { engine } = filled(was);
    expect(() => open(now, engine)).toThrow(
      expect.objectContaining({
        code: 'MR_STORE_FORMAT_MISMATCH',
        message: expect.stringMatching(/store A of task .* its changelog has records of the former format, too/) as unknown,
        details: expect.objectContaining({ store: 'A', formatOnDisk: rowFormatOf(specs[was]), format: rowFormatOf(specs[now]) }) as unknown,
      }),
    );
    expect(get(was, open(was, engine).start().task.store('A') as AnyStore, 'a')).toBe('1');
  });

  it.each<readonly [Format, Format]>([
    ['plain', 'timestamps'],
    ['timestamps', 'window'],
    ['window', 'longWindow'],
  ])('%s → %s without a changelog: is refused', (was, now) => {
    const { engine } = filled(was, false);
    expect(() => open(now, engine, false)).toThrow(
      expect.objectContaining({ code: 'MR_STORE_FORMAT_MISMATCH', message: expect.stringMatching(/has no changelog/) as unknown }),
    );
    expect(get(was, open(was, engine, false).start().task.store('A') as AnyStore, 'b')).toBe('2');
  });
});

describe('a store that is built otherwise', () => {
  it('is taken as it is where it has no rows and no changelog', () => {
    const engine = new MemoryEngine();
    open('plain', engine, false).start().commit();
    open('window', engine, false)
      .start()
      .pipe('in', ...inputs)
      .commit();
    expect(noteOf(engine)).toBe(rowFormatOf(specs.window));
    expect(get('window', open('window', engine, false).start().task.store('A') as AnyStore, 'a')).toBe('1');
  });

  it('opens as before if the directory does not say what it has, and says so from then on', () => {
    const { engine } = filled('timestamps');
    const batch = engine.batch();
    batch.delete(metaKey(metaKinds.rowFormat, 'A'));
    void batch.commit();
    const harness = open('timestamps', engine).start();
    expect(get('timestamps', harness.task.store('A') as AnyStore, 'a')).toBe('1');
    harness.pipe('in', { key: 'c', value: '3', timestamp: time }).commit();
    expect(noteOf(engine)).toBe(rowFormatOf(specs.timestamps));
    expect(open('plain', engine).task.changelogs).toMatchObject([{ otherFormat: '"keyValue/plain + timestamps", not "keyValue/plain"' }]);
  });

  it('is forgotten with the store', () => {
    const { engine } = filled('timestamps');
    new Harness(plan([source('S', 'in', [])]), { engine })
      .start()
      .pipe('in', ...inputs)
      .commit();
    expect(noteOf(engine)).toBe('');
    expect(() => open('window', engine)).not.toThrow();
  });
});

describe('formats', () => {
  it('are all different where rows are', () => {
    const formats = Object.values(specs).map(rowFormatOf);
    // Rows without timestamps are the same, whatever the store shows.
    expect(rowFormatOf(specs.forgetful)).toBe(rowFormatOf(specs.plain));
    expect(new Set(formats).size).toBe(formats.length - 1);
  });

  it('do not depend on what is not in the rows', () => {
    expect(rowFormatOf({ ...specs.window, windowSizeMs: 99, timeOrdered: true, caching: true })).toBe(rowFormatOf(specs.window));
    expect(rowFormatOf({ ...specs.timestamps, persistence: 'inMemory', format: 'headers' })).toBe(rowFormatOf(specs.timestamps));
  });

  it('share a changelog only where its records mean the same', () => {
    const same = (a: Format, b: Format): boolean => hasSameChangelog(rowFormatOf(specs[a]), rowFormatOf(specs[b]));
    expect([same('plain', 'history'), same('window', 'longWindow')]).toEqual([true, true]);
    expect([same('plain', 'window'), same('window', 'duplicates'), same('outerJoin', 'joinBuffer')]).toEqual([false, false, false]);
  });
});
