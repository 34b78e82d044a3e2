import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StateBackend } from '../../src/backend.ts';
import type { DirectoryOptions } from '../../src/directory/disk-backend.ts';
import { leveldb } from '../../src/leveldb/index.ts';
import { rocksdb } from '../../src/rocksdb/index.ts';
import { kill, nextMessage, startChild, startThread } from '../support/built.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const request = { applicationId: 'application', now: () => 0 };
const engines: readonly { kind: string; other: string; create: (options: DirectoryOptions) => StateBackend }[] = [
  { kind: 'rocksdb', other: 'leveldb', create: rocksdb },
  { kind: 'leveldb', other: 'rocksdb', create: leveldb },
];

describe.each(engines)('slots of $kind', ({ kind, other, create }) => {
  const slotOf = (directory: string, number: number): string => join(directory, 'application', `slot-${number}`);

  it('gives the lowest free slot to each instance of a process, and its id back with it', async () => {
    const directory = temporaryDirectory();
    const [first, second, third] = await Promise.all([1, 2, 3].map(async () => create({ directory }).open(request)));
    const all = [first, second, third].flatMap((one) => (one === undefined ? [] : [one]));
    expect(new Set(all.map(({ location }) => location))).toEqual(new Set([0, 1, 2].map((number) => slotOf(directory, number))));
    const middle = all.find(({ location }) => location === slotOf(directory, 1));
    await middle?.close();
    const again = await create({ directory }).open(request);
    expect({ location: again.location, processId: again.processId }).toEqual({
      location: slotOf(directory, 1),
      processId: middle?.processId,
    });
    for (const one of [...all, again]) await one.close();
  });

  it('keeps a slot from other processes until its holder is killed, and keeps it through failed attempts', async () => {
    const directory = temporaryDirectory();
    const child = startChild('hold-slot.mjs', kind, directory);
    const held = await nextMessage(child);
    expect(held).toMatchObject({ location: slotOf(directory, 0) });
    const beside = await create({ directory }).open(request);
    expect(beside.location).toBe(slotOf(directory, 1));
    // An attempt of the same process on a slot that it holds must not give the lock away to others.
    const third = await create({ directory }).open(request);
    expect(third.location).toBe(slotOf(directory, 2));
    const otherChild = startChild('hold-slot.mjs', kind, directory);
    expect(await nextMessage(otherChild)).toMatchObject({ location: slotOf(directory, 3) });
    await kill(child);
    const after = await create({ directory }).open(request);
    expect({ location: after.location, processId: after.processId }).toEqual(held);
    for (const one of [beside, third, after]) await one.close();
  });

  it.runIf(existsSync('/proc/self/fd'))('keeps a slot from other threads, and keeps it through their attempts', async () => {
    const directory = temporaryDirectory();
    const here = await create({ directory }).open(request);
    const thread = startThread('hold-slot-in-thread.mjs', kind, directory);
    expect(await nextMessage(thread)).toEqual({ location: slotOf(directory, 1) });
    const child = startChild('hold-slot.mjs', kind, directory);
    expect(await nextMessage(child)).toMatchObject({ location: slotOf(directory, 2) });
    thread.postMessage('release');
    expect(await nextMessage(thread)).toBe('released');
    await here.close();
  });

  it('gives a slot back when its holder closes', async () => {
    const directory = temporaryDirectory();
    const child = startChild('hold-slot.mjs', kind, directory);
    await nextMessage(child);
    child.send('release');
    expect(await nextMessage(child)).toBe('released');
    const next = await create({ directory }).open(request);
    expect(next.location).toBe(slotOf(directory, 0));
    await next.close();
  });

  it('writes a marker that people can read', async () => {
    const directory = temporaryDirectory();
    const opened = await create({ directory, createProcessId: () => 'the-process' }).open(request);
    await opened.close();
    expect(JSON.parse(readFileSync(join(slotOf(directory, 0), 'process.json'), 'utf8'))).toEqual({
      format: 1,
      engine: kind,
      processId: 'the-process',
    });
    expect(readdirSync(slotOf(directory, 0)).sort()).toEqual(['lock', 'process.json', 'tasks']);
  });

  it.each([
    {
      name: 'another engine',
      content: JSON.stringify({ format: 1, engine: other, processId: 'x' }),
      code: 'MR_STATE_ENGINE_MISMATCH',
      remedy: `Use ${other}`,
    },
    {
      name: 'a newer format',
      content: JSON.stringify({ format: 2, engine: kind, processId: 'x' }),
      code: 'MR_STATE_FORMAT_UNKNOWN',
      remedy: 'newer one',
    },
    { name: 'no JSON', content: '{"format":', code: 'MR_STATE_CORRUPT', remedy: 'Delete the folder' },
    { name: 'no marker', content: '{"format":1}', code: 'MR_STATE_CORRUPT', remedy: 'Delete the folder' },
  ])('refuses a slot with $name, and leaves it as it is', async ({ content, code, remedy }) => {
    const directory = temporaryDirectory();
    const slot = slotOf(directory, 0);
    mkdirSync(slot, { recursive: true });
    writeFileSync(join(slot, 'process.json'), content);
    await expect(create({ directory }).open(request)).rejects.toMatchObject({ code, message: expect.stringContaining(remedy) });
    expect(readFileSync(join(slot, 'process.json'), 'utf8')).toBe(content);
    // The refusal holds no lock.
    writeFileSync(join(slot, 'process.json'), JSON.stringify({ format: 1, engine: kind, processId: 'x' }));
    const opened = await create({ directory }).open(request);
    expect(opened.location).toBe(slot);
    await opened.close();
  });

  it('deletes what a crash left in the trash', async () => {
    const directory = temporaryDirectory();
    const trash = join(slotOf(directory, 0), 'trash');
    mkdirSync(join(trash, 'half-deleted'), { recursive: true });
    const opened = await create({ directory }).open(request);
    expect(existsSync(trash)).toBe(false);
    await opened.close();
  });

  it('says what to do where the directory cannot be made', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    await expect(create({ directory: join(file, 'state') }).open(request)).rejects.toMatchObject({
      code: 'MR_STATE_DIRECTORY_UNWRITABLE',
      message: expect.stringContaining('Give the process a directory'),
    });
  });

  it.runIf(existsSync('/dev/full'))('says so where the disk is full, and holds no slot', async () => {
    const directory = temporaryDirectory();
    const slot = slotOf(directory, 0);
    mkdirSync(slot, { recursive: true });
    symlinkSync('/dev/full', join(slot, 'process.json.tmp'));
    await expect(create({ directory }).open(request)).rejects.toMatchObject({
      code: 'MR_STATE_DISK_FULL',
      message: expect.stringContaining('Free space'),
    });
  });
});

describe('slots of two engines', () => {
  it('refuses an engine beside a running instance of the other, which keeps its lock', async () => {
    const directory = temporaryDirectory();
    const running = await rocksdb({ directory }).open(request);
    await expect(leveldb({ directory }).open(request)).rejects.toMatchObject({ code: 'MR_STATE_ENGINE_MISMATCH' });
    const child = startChild('hold-slot.mjs', 'rocksdb', directory);
    expect(await nextMessage(child)).toMatchObject({ location: join(directory, 'application', 'slot-1') });
    await running.close();
  });
});
