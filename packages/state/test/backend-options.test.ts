/** Options that JavaScript may pass to a backend and the types do not have: refused where they are given, with a code. */
import { describe, expect, it } from 'vitest';
import { StateError } from '../src/errors.ts';
import { leveldb } from '../src/leveldb/index.ts';
import { memory } from '../src/memory/index.ts';
import { persistent } from '../src/persistent/index.ts';
import { rocksdb } from '../src/rocksdb/index.ts';

/** Called as JavaScript may call it. */
const backends: readonly [string, (options?: unknown) => unknown][] = [
  ['rocksdb', (options) => rocksdb(options as never)],
  ['leveldb', (options) => leveldb(options as never)],
  ['persistent', (options) => persistent(options as never)],
];

describe.each(backends)('%s', (backend, open) => {
  it.each<[string, unknown, string]>([
    ['directory', undefined, 'an object with some of directory, memoryBytes'],
    ['directory', './state', 'got "./state"'],
    ['directory', ['./state'], 'got an array'],
    ['directory', {}, 'needs the option directory'],
    ['directory', { directory: undefined }, 'needs the option directory'],
    ['directory', { directory: '' }, 'must be the path of a directory, got ""'],
    ['directory', { directory: 5n }, 'got 5'],
    ['dir', { dir: './state' }, 'there is no option dir'],
    ['constructor', { directory: './state', constructor: 5 }, 'there is no option constructor'],
    ['memoryBytes', { directory: './state', memoryBytes: 0 }, 'whole number of bytes, at least 1, got 0'],
    ['memoryBytes', { directory: './state', memoryBytes: 1.5 }, 'got 1.5'],
    ['memoryBytes', { directory: './state', memoryBytes: '64MiB' }, 'got "64MiB"'],
    ['createProcessId', { directory: './state', createProcessId: 'p' }, 'must be a function, got "p"'],
  ])('refuses %s: %o', (option, options, message) => {
    let thrown: unknown;
    try {
      open(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(StateError);
    expect(thrown).toMatchObject({ code: 'MR_CONFIG_INVALID', details: { backend, option } });
    expect(String(thrown)).toContain(message);
  });

  it('takes undefined for no option', () => {
    expect(() => open({ directory: './state', memoryBytes: undefined, createProcessId: undefined, dir: undefined })).not.toThrow();
  });
});

it.each([
  ['x', { x: 1 }],
  ['createProcessId', { createProcessId: 1 }],
])('memory refuses %s', (option, options) => {
  expect(() => memory(options as never)).toThrow(
    expect.objectContaining({ code: 'MR_CONFIG_INVALID', details: { backend: 'memory', option } }),
  );
});

it('persistent refuses engines that are no list', () => {
  expect(() => persistent({ directory: './state', engines: 'rocksdb' } as never)).toThrow('must be a list of engines');
});
