/** What a restore puts into the engine: byte for byte what commits put there, and as much of it as it says. */
import type { EngineBatch } from '@millrace/state';
import { describe, expect, it } from 'vitest';
import type { StoreSpec } from '../../src/stores/store-spec.ts';
import { storeKinds } from './store-kinds.ts';
import { fetched, type LoggedBytes, type ReadCountingEngine, WindowedHarness } from './windowed-harness.ts';

function rowsOf(engine: ReadCountingEngine): readonly (readonly [key: string, row: string])[] {
  const rows: (readonly [string, string])[] = [];
  const iterator = engine.iterate({});
  while (iterator.next()) rows.push([Buffer.from(iterator.key).toString('hex'), Buffer.from(iterator.value).toString('hex')]);
  iterator.close();
  return rows;
}

/** Counts the bytes of what is put and deleted. */
function counting(batch: EngineBatch): { readonly batch: EngineBatch; bytes: number } {
  const counted = {
    bytes: 0,
    batch: {
      put: (key: Uint8Array, row: Uint8Array): void => {
        counted.bytes += key.length + row.length;
        batch.put(key, row);
      },
      delete: (key: Uint8Array): void => {
        counted.bytes += key.length;
        batch.delete(key);
      },
      deleteRange: (from: Uint8Array, to: Uint8Array): void => batch.deleteRange(from, to),
      commit: () => batch.commit(),
    } as EngineBatch,
  };
  return counted;
}

describe.each(storeKinds)('%s', (_name, { spec, write }) => {
  const written = (): WindowedHarness<never> => {
    const harness = new WindowedHarness<never>(spec).at(5, 7);
    for (const key of ['a', 'bb', 'a', 'ccc']) write(harness, key);
    return harness.commit();
  };

  it('leaves the rows that commits leave', () => {
    const harness = written();
    expect(rowsOf(harness.restored().engine)).toEqual(rowsOf(harness.engine));
    expect(rowsOf(harness.restored().commit().engine)).toEqual(rowsOf(harness.engine));
  });

  it('says how many bytes each record brings', () => {
    const { logged } = written();
    const [some] = logged;
    const records: readonly LoggedBytes[] = [...logged, { ...(some as LoggedBytes), value: null }];
    const harness = new WindowedHarness<never>(spec);
    const counted = counting(harness.engine.batch());
    for (const [index, record] of records.entries()) {
      counted.bytes = 0;
      const said = harness.managed.restore(fetched(records), index, counted.batch);
      // A history is put together in memory, and written when all is there. A plain row counts as if it had a timestamp.
      if (spec.kind === 'versioned') expect(said).toBe(record.key.length + (record.value?.length ?? 0) + 80);
      else expect(said).toBe(counted.bytes + (isPlain(spec) && record.value !== null ? 8 : 0));
      expect(counted.bytes > 0).toBe(spec.kind !== 'versioned' && !(record.value === null && isKept(spec)));
    }
  });

  it('goes on after a restore as after a restart', () => {
    const harness = written();
    const [restored, reopened] = [harness.restored(), harness.reopened()];
    const before = harness.logged.length;
    const after = [restored, reopened].map((again) => {
      harness.logged.length = before;
      again.at(6, 8);
      for (const key of ['a', 'dd']) write(again, key);
      again.commit();
      return { logged: harness.logged.slice(before), rows: rowsOf(again.engine) };
    });
    expect(after[0]?.logged.length).toBeGreaterThan(1);
    expect(after[0]).toEqual(after[1]);
  });
});

function isPlain(spec: StoreSpec): boolean {
  return spec.kind === 'keyValue' && !spec.timestamped;
}

/** Duplicates are never deleted: a record without a value says nothing. */
function isKept(spec: StoreSpec): boolean {
  return spec.kind === 'window' && spec.retainDuplicates;
}
