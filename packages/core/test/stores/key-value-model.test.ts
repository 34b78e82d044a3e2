/** Key-value stores against a map: whatever is put, read, flushed, committed or aborted, reads see the newest rows and the engine a prefix of the changelog (I2). */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serdes } from '../../src/serde/serdes.ts';
import type { Serde } from '../../src/serde/serde.ts';
import type { KeyValueStore, TimestampedKeyValueStore } from '../../src/stores/faces.ts';
import { type StoreOptions, StoreHarness } from './store-harness.ts';

type Step =
  | { readonly kind: 'put'; readonly key: string; readonly value: string | null; readonly timestamp: number }
  | { readonly kind: 'putIfAbsent'; readonly key: string; readonly value: string; readonly timestamp: number }
  | { readonly kind: 'delete' | 'get' | 'prefix'; readonly key: string }
  | { readonly kind: 'range'; readonly from: string | undefined; readonly to: string | undefined; readonly reverse: boolean }
  | { readonly kind: 'flush' | 'take' | 'write' | 'abort' };

const key = fc.constantFrom('a', 'b', 'ba', 'c', 'ca', 'd', 'é', 'ü', '\u{1F600}', '\uFF5E', '');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key,
      value: fc.option(fc.string({ maxLength: 5 }), { freq: 4 }),
      timestamp: fc.nat(100),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('putIfAbsent' as const), key, value: fc.string({ maxLength: 5 }), timestamp: fc.nat(100) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'get' as const, 'prefix' as const), key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('range' as const),
      from: fc.option(key, { nil: undefined }),
      to: fc.option(key, { nil: undefined }),
      reverse: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'take' as const, 'write' as const, 'abort' as const) }) },
);

const bytesOf = (text: string): Buffer => Buffer.from(text);
const byBytes = (a: string, b: string): number => Buffer.compare(bytesOf(a), bytesOf(b));

/** Text as an object, so that the serde is neither primitive nor immutable. */
const boxed: Serde<{ text: string }> = {
  immutable: false,
  primitive: false,
  format: undefined,
  decode: (buffer, start, end) => ({ text: Buffer.from(buffer.subarray(start, end)).toString('utf8') }),
  encodeInto: (value, writer) => writer.writeUtf8(value.text),
};

interface Variant {
  readonly name: string;
  readonly options: StoreOptions;
  readonly wrap: (text: string) => unknown;
  readonly unwrap: (value: unknown) => string;
}

const plainText = { wrap: (text: string): unknown => text, unwrap: (value: unknown): string => value as string };
const objects = { wrap: (text: string): unknown => ({ text }), unwrap: (value: unknown): string => (value as { text: string }).text };
const forms = [
  { name: 'text', ...plainText, serdes: { keySerde: serdes.string() as Serde<never>, valueSerde: serdes.string() as Serde<never> } },
  { name: 'objects', ...objects, serdes: { keySerde: boxed as Serde<never>, valueSerde: boxed as Serde<never> } },
];
const variants: Variant[] = forms.flatMap(({ name, wrap, unwrap, serdes: serdePair }) =>
  [undefined, 0, 150, 1 << 20].flatMap((cacheBytes) =>
    ([0, 600, 1 << 20, 'volatile'] as const).flatMap((rows) =>
      [false, true].map((timestamped) => ({
        name: `${name}, record cache ${cacheBytes ?? 'off'}, ${rows === 'volatile' ? rows : `read cache ${rows}`}, ${timestamped ? 'timestamped' : 'plain'}`,
        options: {
          ...serdePair,
          timestamped,
          ...(rows === 'volatile' ? { volatile: true, readCacheBytes: 0 } : { readCacheBytes: rows }),
          ...(cacheBytes === undefined ? {} : { cacheBytes }),
        },
        wrap,
        unwrap,
      })),
    ),
  ),
);

type Rows = Map<string, readonly [value: string, timestamp: number]>;

/** What the changelog comes to. */
function fold(logged: readonly { readonly key: string; readonly value: string | null; readonly timestamp: number }[], start: Rows): Rows {
  const rows = new Map(start);
  for (const { key, value, timestamp } of logged) {
    if (value === null) rows.delete(key);
    else rows.set(key, [value, timestamp]);
  }
  return rows;
}

function check({ options, wrap, unwrap }: Variant, steps: readonly Step[]): void {
  const timestamped = options.timestamped === true;
  const harness = new StoreHarness<KeyValueStore<unknown, unknown> & TimestampedKeyValueStore<unknown, unknown>>(options);
  const { store } = harness;
  let visible: Rows = new Map();
  let committed: Rows = new Map();
  let taken: Rows | undefined;
  let clock = 1000;
  const box = (value: string, timestamp: number): never => (timestamped ? { value: wrap(value), timestamp } : wrap(value)) as never;
  const seen = (value: unknown): unknown =>
    value === undefined
      ? undefined
      : timestamped
        ? [unwrap((value as { value: unknown }).value), (value as { timestamp: number }).timestamp]
        : unwrap(value);
  const expected = (key: string): unknown => {
    const row = visible.get(key);
    return row === undefined ? undefined : timestamped ? [...row] : row[0];
  };
  const put = (key: string, value: string | null, timestamp: number): void => {
    harness.at(++clock);
    if (value === null) visible.delete(key);
    else visible.set(key, [value, timestamped ? timestamp : clock]);
  };
  const listed = (keys: readonly string[]): unknown[] => keys.map((key) => [key, expected(key)]);
  const seenAll: unknown[] = [];
  const expectedAll: unknown[] = [];
  const same = (got: unknown, wanted: unknown): void => {
    seenAll.push(got);
    expectedAll.push(wanted);
  };
  for (const step of steps) {
    switch (step.kind) {
      case 'put':
        put(step.key, step.value, step.timestamp);
        store.put(wrap(step.key), step.value === null ? null : box(step.value, step.timestamp));
        break;
      case 'putIfAbsent': {
        const before = expected(step.key);
        if (before === undefined) put(step.key, step.value, step.timestamp);
        same(seen(store.putIfAbsent(wrap(step.key), box(step.value, step.timestamp))), before);
        break;
      }
      case 'delete': {
        const before = expected(step.key);
        put(step.key, null, 0);
        same(seen(store.delete(wrap(step.key))), before);
        break;
      }
      case 'get':
        same(seen(store.get(wrap(step.key))), expected(step.key));
        break;
      case 'prefix': {
        const keys = [...visible.keys()]
          .filter((key) => bytesOf(key).subarray(0, bytesOf(step.key).length).equals(bytesOf(step.key)))
          .sort(byBytes);
        same(
          [...store.prefixScan(bytesOf(step.key))].map(({ key, value }) => [unwrap(key), seen(value)]),
          listed(keys),
        );
        break;
      }
      case 'range': {
        const { from, to, reverse } = step;
        const keys = [...visible.keys()]
          .filter((key) => (from === undefined || byBytes(key, from) >= 0) && (to === undefined || byBytes(key, to) <= 0))
          .sort(byBytes);
        if (reverse) keys.reverse();
        const bound = (text: string | undefined): unknown => (text === undefined ? undefined : wrap(text));
        const iterator = reverse ? store.reverseRange(bound(from), bound(to)) : store.range(bound(from), bound(to));
        same(
          [...iterator].map(({ key, value }) => [unwrap(key), seen(value)]),
          listed(keys),
        );
        break;
      }
      case 'flush':
        harness.managed.flush();
        same(fold(harness.logged, new Map()), new Map(visible));
        break;
      case 'take':
        harness.managed.flush();
        harness.take();
        taken = new Map(visible);
        break;
      case 'write':
        harness.write();
        if (taken !== undefined) committed = taken;
        taken = undefined;
        break;
      case 'abort':
        harness.abort();
        taken = undefined;
        visible = new Map(committed);
        // The next run replays the changelog's tail; here it is cut off instead.
        harness.logged.splice(0);
        for (const [key, [value, timestamp]] of committed) harness.logged.push({ key, value, timestamp });
        if (options.volatile === true) {
          const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
          harness.restore(
            harness.logged.map(({ key, value, timestamp }) => ({
              key: latin1(key),
              value: value === null ? null : latin1(value),
              timestamp,
            })),
          );
        }
        break;
    }
    const rows = harness
      .engineRows()
      .map(([key, row]) => [
        Buffer.from(key, 'latin1').toString('utf8'),
        Buffer.from(timestamped ? row.slice(8) : row, 'latin1').toString('utf8'),
      ]);
    same(
      rows,
      // A volatile store gives the engine nothing.
      options.volatile === true ? [] : [...committed].sort(([a], [b]) => byBytes(a, b)).map(([key, [value]]) => [key, value]),
    );
  }
  expect(seenAll).toEqual(expectedAll);
  expect(store.approximateNumEntries()).toBe(visible.size);
}

describe('a key-value store behaves as a map', () => {
  it.each(variants)('$name', (variant) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => check(variant, steps)),
      { numRuns: 60, seed: 7 },
    );
  });
});
