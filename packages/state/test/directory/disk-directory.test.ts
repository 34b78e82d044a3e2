import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskBackend } from '../../src/directory/disk-backend.ts';
import type { DurableEngine, OpenEngineOptions } from '../../src/directory/durable-engine.ts';
import { MemoryEngine } from '../../src/memory/index.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** An engine that leaves a file as its database and notes how it was opened. */
function notingEngine(): { engine: DurableEngine; opened: OpenEngineOptions[]; failNext: (error: Error) => void } {
  const opened: OpenEngineOptions[] = [];
  let failure: Error | undefined = undefined;
  return {
    opened,
    failNext: (error) => {
      failure = error;
    },
    engine: {
      kind: 'noting',
      load: () => Promise.resolve(),
      open: async (options) => {
        if (failure !== undefined && !options.directory.endsWith('lock')) throw failure;
        opened.push(options);
        writeFileSync(join(options.directory, 'DATA'), '');
        return new MemoryEngine();
      },
    },
  };
}

const requestAt = (clock: { nowMs: number }, memoryBytes?: number): { applicationId: string; now: () => number; memoryBytes?: number } => ({
  applicationId: 'application',
  now: () => clock.nowMs,
  ...(memoryBytes === undefined ? {} : { memoryBytes }),
});

describe('DiskDirectory', () => {
  it('divides the memory by the task budget, for tasks opened from then on', async () => {
    const { engine, opened } = notingEngine();
    const directory = await diskBackend(engine, { directory: temporaryDirectory() }).open(requestAt({ nowMs: 0 }, 800));
    await directory.openTask('0_0');
    directory.setTaskBudget(4);
    await directory.openTask('0_1');
    directory.setTaskBudget(0);
    await directory.openTask('0_2');
    expect(opened.slice(1).map(({ memoryBytes }) => memoryBytes)).toEqual([100, 200, 800]);
    await directory.close();
  });

  it('takes the memory of the request before its own option', async () => {
    const { engine, opened } = notingEngine();
    const backend = diskBackend(engine, { directory: temporaryDirectory(), memoryBytes: 1600 });
    for (const memoryBytes of [undefined, 800]) {
      const directory = await backend.open(requestAt({ nowMs: 0 }, memoryBytes));
      await directory.openTask('0_0');
      await directory.close();
    }
    expect(opened.filter(({ directory }) => directory.endsWith('db')).map(({ memoryBytes }) => memoryBytes)).toEqual([200, 100]);
  });

  it('writes checkpoints every five seconds and on close, not in between', async () => {
    const clock = { nowMs: 1000 };
    const directory = await diskBackend(notingEngine().engine, { directory: temporaryDirectory() }).open(requestAt(clock));
    const task = await directory.openTask('0_0');
    const file = join(directory.location, 'tasks', '0_0', 'task.json');
    const written = (): unknown => JSON.parse(readFileSync(file, 'utf8'));
    expect(written()).toEqual({ format: 1, lastOpenMs: 1000, checkpoint: {} });
    const note = (offset: number): void => task.noteCheckpoint(new Map([['changelog/0', offset]]));

    clock.nowMs = 5999;
    note(1);
    expect(written()).toMatchObject({ lastOpenMs: 1000 });
    expect(directory.storedTasks()).toEqual([{ taskId: '0_0', checkpointHint: new Map([['changelog/0', 1]]), lastOpenMs: 5999 }]);
    clock.nowMs = 6000;
    note(2);
    expect(written()).toEqual({ format: 1, lastOpenMs: 6000, checkpoint: { 'changelog/0': 2 } });
    clock.nowMs = 7000;
    note(3);
    expect(written()).toMatchObject({ lastOpenMs: 6000 });
    clock.nowMs = 8000;
    await task.close();
    expect(written()).toEqual({ format: 1, lastOpenMs: 7000, checkpoint: { 'changelog/0': 3 } });
    await directory.close();
  });

  it('does not make state younger that nobody vouched for', async () => {
    const clock = { nowMs: 0 };
    const backend = diskBackend(notingEngine().engine, { directory: temporaryDirectory() });
    const agesMs: number[] = [];
    for (const nowMs of [0, 1000, 3000]) {
      clock.nowMs = nowMs;
      const directory = await backend.open(requestAt(clock));
      const task = await directory.openTask('0_0');
      agesMs.push(task.ageMs);
      await directory.close();
    }
    expect(agesMs).toEqual([0, 1000, 3000]);
  });

  it('is not confused by a clock that was set back', async () => {
    const clock = { nowMs: 10_000 };
    const backend = diskBackend(notingEngine().engine, { directory: temporaryDirectory() });
    const first = await backend.open(requestAt(clock));
    await first.openTask('0_0');
    await first.close();
    clock.nowMs = 4000;
    const second = await backend.open(requestAt(clock));
    const task = await second.openTask('0_0');
    expect(task.ageMs).toBe(0);
    clock.nowMs = 3000;
    task.noteCheckpoint(new Map([['changelog/0', 1]]));
    expect(readFileSync(join(second.location, 'tasks', '0_0', 'task.json'), 'utf8')).toContain('3000');
    await second.close();
  });

  it.each([
    { name: 'lost', change: (file: string) => rmSync(file) },
    { name: 'cut off', change: (file: string) => writeFileSync(file, '{"format":1,"lastOp') },
    { name: 'of another shape', change: (file: string) => writeFileSync(file, '[]') },
  ])('takes the age of a task as beyond any retention where its file is $name', async ({ change }) => {
    const nowMs = Date.UTC(2026, 0, 1);
    const backend = diskBackend(notingEngine().engine, { directory: temporaryDirectory() });
    const first = await backend.open(requestAt({ nowMs }));
    await first.openTask('0_0');
    await first.close();
    change(join(first.location, 'tasks', '0_0', 'task.json'));
    const second = await backend.open(requestAt({ nowMs }));
    expect(second.storedTasks()).toEqual([{ taskId: '0_0', checkpointHint: new Map(), lastOpenMs: 0 }]);
    const task = await second.openTask('0_0');
    expect({ existed: task.existed, ageMs: task.ageMs }).toEqual({ existed: true, ageMs: nowMs });
    await second.close();
  });

  it('forgets a task that could not be opened, so that it can be tried again', async () => {
    const { engine, failNext } = notingEngine();
    const directory = await diskBackend(engine, { directory: temporaryDirectory() }).open(requestAt({ nowMs: 0 }));
    failNext(new Error('no luck'));
    await expect(directory.openTask('0_0')).rejects.toThrow('no luck');
    await expect(directory.openTask('0_0')).rejects.toThrow('no luck');
    await directory.dropTask('0_0');
    expect(directory.storedTasks()).toEqual([]);
    await directory.close();
  });

  it('waits at close for a task that is being opened, and closes it', async () => {
    const directory = await diskBackend(notingEngine().engine, { directory: temporaryDirectory() }).open(requestAt({ nowMs: 0 }));
    const opening = Promise.resolve(directory.openTask('0_0'));
    await directory.close();
    const task = await opening;
    expect(() => task.engine.get(Uint8Array.of(1))).toThrow('MR_STATE_CLOSED');
  });

  it('leaves nothing of a destroyed task', async () => {
    const directory = await diskBackend(notingEngine().engine, { directory: temporaryDirectory() }).open(requestAt({ nowMs: 0 }));
    const task = await directory.openTask('0_0');
    await task.destroy();
    expect(readdirSync(join(directory.location, 'tasks'))).toEqual([]);
    expect(readdirSync(join(directory.location, 'trash'))).toEqual([]);
    await directory.close();
  });

  it('leaves nothing behind for an application with an unsafe name', async () => {
    const parent = temporaryDirectory();
    const backend = diskBackend(notingEngine().engine, { directory: join(parent, 'state') });
    await expect(backend.open({ applicationId: '..', now: () => 0 })).rejects.toMatchObject({ code: 'MR_STATE_NAME_UNSAFE' });
    expect(existsSync(join(parent, 'state'))).toBe(false);
  });
});
