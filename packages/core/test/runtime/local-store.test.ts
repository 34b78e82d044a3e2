/** Stores of an instance by name: what there is where a name is wrong, and where no task runs. */
import { describe, expect, it } from 'vitest';
import { localKeyValueStore } from '../../src/runtime/local-store.ts';

describe('a store of an instance', () => {
  it('is named with those that there are if the topology has no such store', () => {
    const get = (known: readonly string[]) => () => localKeyValueStore('cc', known, () => new Map());
    expect(get(['d', 'c'])).toThrow(/MR_STORE_UNAVAILABLE: the topology has no store cc; its stores: c, d$/);
    expect(get([])).toThrow(/its stores: none$/);
  });

  it('is not available while no task of the instance has it', () => {
    const store = localKeyValueStore('c', ['c'], () => new Map());
    expect(() => store.get('a')).toThrow(/MR_STORE_UNAVAILABLE: no running task of this instance has a store c/);
    expect(() => store.approximateNumEntries()).toThrow(expect.objectContaining({ code: 'MR_STORE_UNAVAILABLE' }));
    expect(() => [...store.all()]).toThrow(expect.objectContaining({ code: 'MR_STORE_UNAVAILABLE' }));
  });
});
