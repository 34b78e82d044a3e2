/** What every state backend must do, as tests: slots, tasks, hints, drop, and the ends of things. */
import type { BackendRequest, StateBackend, StateDirectory } from '../backend.ts';
import type { MaybePromise } from '../engine.ts';
import { bytes, codeOf, commit, rows } from './engine-steps.ts';
import type { TestTools } from './test-tools.ts';

/** A place that backends of one configuration share; where the backend is durable, a second one finds what the first left. */
export interface BackendPlace {
  createBackend(): StateBackend;
  /** Removes the place; everything in it is closed. */
  dispose(): MaybePromise<void>;
}

export interface BackendConformanceOptions {
  /** For the name of the suite. */
  readonly name: string;
  /** A new, empty place. */
  readonly createPlace: () => MaybePromise<BackendPlace>;
}

/** What a test works with: directories opened in a place, closed behind it, and a clock that stands still until it is moved. */
interface BackendScene {
  readonly backend: StateBackend;
  readonly clock: { nowMs: number };
  readonly open: (request?: Partial<BackendRequest>) => Promise<StateDirectory>;
}

const startMs = Date.UTC(2026, 0, 1);

export function describeBackendConformance({ describe, it, expect }: TestTools, options: BackendConformanceOptions): void {
  const inScene = async (run: (scene: BackendScene) => Promise<void>): Promise<void> => {
    const place = await options.createPlace();
    const opened: StateDirectory[] = [];
    const clock = { nowMs: startMs };
    try {
      await run({
        backend: place.createBackend(),
        clock,
        open: async (request) => {
          const directory = await place.createBackend().open({ applicationId: 'application', now: () => clock.nowMs, ...request });
          opened.push(directory);
          return directory;
        },
      });
    } finally {
      for (const directory of opened) await directory.close();
      await place.dispose();
    }
  };

  describe(`state backend: ${options.name}`, () => {
    it('opens a task, new and empty, and lists it while it is open', () =>
      inScene(async ({ open, backend }) => {
        const directory = await open();
        expect(directory.storedTasks()).toEqual([]);
        const task = await directory.openTask('0_1');
        expect({ taskId: task.taskId, existed: task.existed, ageMs: task.ageMs }).toEqual({ taskId: '0_1', existed: false, ageMs: 0 });
        expect({ durable: task.engine.durable, rows: rows(task.engine) }).toEqual({ durable: backend.durable, rows: [] });
        expect(backend.durable && task.engine.ephemeral === true).toBe(false);
        expect(directory.storedTasks().map(({ taskId }) => taskId)).toEqual(['0_1']);
      }));

    it('keeps tasks apart', () =>
      inScene(async ({ open }) => {
        const directory = await open();
        const [left, right] = [await directory.openTask('0_0'), await directory.openTask('0_1')];
        await commit(left.engine, (batch) => batch.put(bytes('a'), bytes(1)));
        await commit(right.engine, (batch) => batch.put(bytes('b'), bytes(2)));
        expect([rows(left.engine), rows(right.engine)]).toEqual([['61=01'], ['62=02']]);
      }));

    it('gives what was closed back, with its age and checkpoint, if it is durable', () =>
      inScene(async ({ open, clock, backend }) => {
        const first = await open();
        const written = await first.openTask('0_0');
        await commit(written.engine, (batch) => batch.put(bytes('a'), bytes(1)));
        written.noteCheckpoint(new Map([['changelog/0', 42]]));
        await written.close();
        clock.nowMs += 60_000;
        expect(first.storedTasks()).toEqual(
          backend.durable ? [{ taskId: '0_0', checkpointHint: new Map([['changelog/0', 42]]), lastOpenMs: startMs }] : [],
        );
        await first.close();
        const second = await open();
        if (backend.durable) expect(second.processId).toBe(first.processId);
        expect(second.storedTasks().length).toBe(backend.durable ? 1 : 0);
        const read = await second.openTask('0_0');
        expect({ existed: read.existed, ageMs: read.ageMs, rows: rows(read.engine) }).toEqual(
          backend.durable ? { existed: true, ageMs: 60_000, rows: ['61=01'] } : { existed: false, ageMs: 0, rows: [] },
        );
      }));

    it('never gives an ephemeral engine back', () =>
      inScene(async ({ open }) => {
        const directory = await open();
        for (const end of ['close', 'destroy'] as const) {
          const task = await directory.openTask('0_0');
          const { ephemeral = false } = task.engine;
          await commit(task.engine, (batch) => batch.put(bytes('a'), bytes(1)));
          await task[end]();
          const again = await directory.openTask('0_0');
          const isKept = end === 'close' && !ephemeral;
          if (ephemeral) expect(again.existed).toBe(false);
          if (!isKept) expect(rows(again.engine)).toEqual([]);
          await again.destroy();
        }
      }));

    it('gives each instance and each application a place of its own', () =>
      inScene(async ({ open }) => {
        const directories = [await open(), await open(), await open({ applicationId: 'other' })];
        expect(new Set(directories.map(({ processId }) => processId)).size).toBe(3);
        for (const [index, directory] of directories.entries()) {
          const task = await directory.openTask('0_0');
          await commit(task.engine, (batch) => batch.put(bytes('from'), bytes(index)));
        }
        for (const directory of directories) expect(directory.storedTasks().length).toBe(1);
      }));

    it('destroys and drops tasks, and opens them as new', () =>
      inScene(async ({ open }) => {
        const directory = await open();
        const destroyed = await directory.openTask('0_0');
        await commit(destroyed.engine, (batch) => batch.put(bytes('a'), bytes(1)));
        await destroyed.destroy();
        const dropped = await directory.openTask('0_1');
        await commit(dropped.engine, (batch) => batch.put(bytes('a'), bytes(1)));
        await dropped.close();
        await directory.dropTask('0_1');
        await directory.dropTask('0_2');
        expect(directory.storedTasks()).toEqual([]);
        for (const taskId of ['0_0', '0_1']) {
          const task = await directory.openTask(taskId);
          expect({ existed: task.existed, rows: rows(task.engine) }).toEqual({ existed: false, rows: [] });
        }
      }));

    it('refuses to open or drop a task that is open', () =>
      inScene(async ({ open }) => {
        const directory = await open();
        const task = await directory.openTask('0_0');
        expect(await codeOf(() => directory.openTask('0_0'))).toBe('MR_STATE_DIRECTORY_LOCKED');
        expect(await codeOf(() => directory.dropTask('0_0'))).toBe('MR_STATE_DIRECTORY_LOCKED');
        await task.close();
        const again = await directory.openTask('0_0');
        expect(rows(again.engine)).toEqual([]);
      }));

    for (const name of ['', '.', '..', '../up', 'a/b', 'a\\b', '/root', 'a\0b', '.hidden', 'ends.', 'x'.repeat(201), 'name with spaces']) {
      it(`refuses ${JSON.stringify(name.slice(0, 20))} as application and as task`, () =>
        inScene(async ({ open }) => {
          expect(await codeOf(() => open({ applicationId: name }))).toBe('MR_STATE_NAME_UNSAFE');
          const directory = await open();
          expect(await codeOf(() => directory.openTask(name))).toBe('MR_STATE_NAME_UNSAFE');
          expect(await codeOf(() => directory.dropTask(name))).toBe('MR_STATE_NAME_UNSAFE');
        }));
    }

    it('closes what is still open, and then answers with MR_STATE_CLOSED', () =>
      inScene(async ({ open }) => {
        const directory = await open();
        const task = await directory.openTask('0_0');
        await directory.close();
        await directory.close();
        await task.close();
        const calls: readonly (() => unknown)[] = [
          () => task.engine.get(bytes('a')),
          () => directory.storedTasks(),
          () => directory.setTaskBudget(1),
          () => directory.openTask('0_1'),
          () => directory.dropTask('0_1'),
        ];
        for (const call of calls) expect(await codeOf(call)).toBe('MR_STATE_CLOSED');
      }));

    it('promises nothing where it says it is synchronous', () =>
      inScene(async ({ backend, open, clock }) => {
        if (!backend.synchronous) {
          expect((await open()).location.length > 0).toBe(true);
          return;
        }
        const isPromise = (value: unknown): boolean => value instanceof Promise;
        const directory = backend.open({ applicationId: 'application', now: () => clock.nowMs });
        expect(isPromise(directory)).toBe(false);
        const known = await directory;
        const task = known.openTask('0_0');
        expect(isPromise(task)).toBe(false);
        expect([isPromise((await task).close()), isPromise(known.dropTask('0_0')), isPromise(known.close())]).toEqual([
          false,
          false,
          false,
        ]);
      }));
  });
}
