import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DurableEngine } from '../../src/directory/durable-engine.ts';
import { StateError } from '../../src/errors.ts';
import { MemoryEngine } from '../../src/memory/index.ts';
import { persistent } from '../../src/persistent/index.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const request = { applicationId: 'application', now: () => 0 };

function engineNamed(kind: string, available = true): DurableEngine {
  return {
    kind,
    load: () => (available ? Promise.resolve() : Promise.reject(new StateError('MR_STATE_ENGINE_UNAVAILABLE', `${kind} is not here`))),
    open: async ({ directory }) => {
      writeFileSync(join(directory, 'DATA'), '');
      return new MemoryEngine();
    },
  };
}

describe('persistent', () => {
  it.each([
    { engines: [engineNamed('first'), engineNamed('second')], chosen: 'first', reason: 'it is the default' },
    { engines: [engineNamed('first', false), engineNamed('second')], chosen: 'second', reason: 'first cannot be loaded here' },
  ])('takes $chosen for a new directory, because $reason, and says so once', async ({ engines, chosen, reason }) => {
    const messages: string[] = [];
    const backend = persistent({ directory: temporaryDirectory(), engines, log: (message) => messages.push(message) });
    const opened = [await backend.open(request), await backend.open(request)];
    expect(messages).toEqual([`State is kept in ${opened[0]?.location} with the engine ${chosen}: ${reason}.`]);
    for (const directory of opened) await directory.close();
  });

  it('stays with the engine that wrote the directory', async () => {
    const directory = temporaryDirectory();
    const before = await persistent({ directory, engines: [engineNamed('second')] }).open(request);
    await before.close();
    const messages: string[] = [];
    const engines = [engineNamed('first'), engineNamed('second')];
    const after = await persistent({ directory, engines, log: (message) => messages.push(message) }).open(request);
    expect(messages[0]).toContain('with the engine second: the state in it was written with this one');
    await after.close();
  });

  it.each([
    { name: 'cannot be loaded', engines: [engineNamed('first'), engineNamed('second', false)], code: 'MR_STATE_ENGINE_UNAVAILABLE' },
    { name: 'is not known', engines: [engineNamed('first')], code: 'MR_STATE_ENGINE_MISMATCH' },
  ])('never starts over with another where that engine $name', async ({ engines, code }) => {
    const directory = temporaryDirectory();
    const before = await persistent({ directory, engines: [engineNamed('second')] }).open(request);
    await before.close();
    await expect(persistent({ directory, engines }).open(request)).rejects.toMatchObject({ code });
  });

  it('throws the first engine’s remedy where there is none at all', async () => {
    const backend = persistent({ directory: temporaryDirectory(), engines: [engineNamed('first', false), engineNamed('second', false)] });
    await expect(backend.open(request)).rejects.toMatchObject({
      code: 'MR_STATE_ENGINE_UNAVAILABLE',
      message: expect.stringContaining('first is not here'),
    });
  });

  it('refuses unsafe names before it looks at the disk', async () => {
    await expect(persistent({ directory: temporaryDirectory() }).open({ ...request, applicationId: '..' })).rejects.toMatchObject({
      code: 'MR_STATE_NAME_UNSAFE',
    });
  });

  it('opens a task on the real engine', async () => {
    const opened = await persistent({ directory: temporaryDirectory() }).open(request);
    const task = await opened.openTask('0_0');
    expect(['rocksdb', 'leveldb']).toContain(task.engine.kind);
    await opened.close();
  });
});
