/** Joins of every two kinds of things. */
import { joinerOf } from '#cases/functions/joiners';
import { selectorOf } from '#cases/functions/selectors';
import type { Json, JsonObject } from '#cases/json';
import { type Draft, type DraftNode, isWindowed, sometimes } from './draft.ts';
import { joiner } from './functions.ts';
import { materialized } from './materialized.ts';

const plainKey = ({ key }: DraftNode): boolean => !isWindowed(key);

export function joinStreams(draft: Draft): boolean {
  if (!draft.has('stream-joins')) return false;
  const { random } = draft;
  const left = draft.take('stream', plainKey);
  const right = random.chance(0.08) ? left : draft.take('stream', ({ id, key }) => key === left?.key && id !== left.id);
  if (left === undefined || right === undefined || !draft.canMultiply(left, right)) return false;
  const diff = draft.span(0, 1, 2, 5, 10, 20, 50);
  const graceMs = draft.span(0, 0, 1, 2, 5, 30);
  const grace = random.chance(0.7) ? { grace: graceMs } : {};
  const asymmetric: JsonObject = {
    ...sometimes(random, 0.2, () => ({ before: draft.span(0, 3, 15, -2) })),
    ...sometimes(random, 0.2, () => ({ after: draft.span(0, 3, 15, -2) })),
  };
  const fn = joiner(draft);
  draft.add(
    {
      op: 'ssJoin',
      in: left.id,
      right: right.id,
      kind: random.pick(['inner', 'left', 'outer']),
      joiner: fn,
      diff,
      ...grace,
      ...asymmetric,
      ...sometimes(random, 0.15, () => ({ withKey: true })),
      ...sometimes(random, 0.12, () => ({ storeName: draft.newId('js') })),
      ...sometimes(random, 0.12, () => ({ store: random.pick(['rocksdb', 'inMemory']) })),
      ...sometimes(random, 0.05, () => ({ logging: false })),
      ...sometimes(random, draft.has('suppliers') ? 0.08 : 0, () => joinSuppliers(draft, diff, asymmetric, 'grace' in grace ? graceMs : 0)),
      ...draft.name(),
    },
    { kind: 'stream', key: left.key, value: joinerOf(fn).type(left.value, right.value) },
  );
  return true;
}

/** Stores that fit the windows, but for a few that do not. */
function joinSuppliers(
  draft: Draft,
  diff: number,
  { after = diff, before = diff }: JsonObject,
  graceMs: number,
): { readonly suppliers: Json } {
  const { random } = draft;
  const windowMs = Math.max(0, Number(before) + Number(after)) + (random.chance(0.05) ? 1 : 0);
  const retentionMs = windowMs + graceMs + (random.chance(0.05) ? -1 : 0);
  const supplier = (): Json => ({
    name: draft.newId('js'),
    windowMs,
    retentionMs: Math.max(0, retentionMs),
    ...sometimes(random, 0.4, () => ({ store: random.pick(['rocksdb', 'inMemory']) })),
    ...sometimes(random, 0.05, () => ({ retainDuplicates: false })),
  });
  return { suppliers: { this: supplier(), other: supplier() } };
}

export function joinStreamWithTable(draft: Draft): boolean {
  if (!draft.has('stream-table-joins')) return false;
  const { random } = draft;
  const left = draft.take('stream', plainKey);
  const right = draft.take('table', ({ key }) => key === left?.key);
  if (left === undefined || right === undefined) return false;
  const fn = joiner(draft);
  const { versionedMs } = right;
  const grace =
    versionedMs === undefined
      ? sometimes(random, draft.has('misfits') ? 0.03 : 0, () => ({ graceMs: draft.span(0, 5) }))
      : sometimes(random, 0.4, () => ({
          graceMs: draft.has('misfits') && random.chance(0.06) ? versionedMs + 1 : Math.min(draft.span(0, 1, 5, 20), versionedMs),
        }));
  draft.add(
    {
      op: 'stJoin',
      in: left.id,
      right: right.id,
      kind: random.pick(['inner', 'left']),
      joiner: fn,
      ...grace,
      ...sometimes(random, 0.15, () => ({ withKey: true })),
      ...draft.name(),
    },
    { kind: 'stream', key: left.key, value: joinerOf(fn).type(left.value, right.value) },
  );
  return true;
}

export function joinStreamWithGlobal(draft: Draft): boolean {
  const { random } = draft;
  const left = draft.take('stream');
  const right = draft.take('globalTable');
  if (left === undefined || right === undefined) return false;
  const by = random.weighted<Json>([
    [3, ['value', 'firstChar']],
    [2, isWindowed(left.key) ? ['key', 'innerKey'] : ['key', 'identity']],
    [1.5, ['value', ['nullIf', ['startsWith', 'z']], 'firstChar']],
  ]);
  if (selectorOf(by).type(left.key, left.value) !== right.key) return false;
  const fn = joiner(draft);
  draft.add(
    {
      op: 'gtJoin',
      in: left.id,
      right: right.id,
      kind: random.pick(['inner', 'left']),
      by,
      joiner: fn,
      ...sometimes(random, 0.2, () => ({ withKey: true })),
      ...draft.name(),
    },
    { kind: 'stream', key: left.key, value: joinerOf(fn).type(left.value, right.value) },
  );
  return true;
}

export function joinTables(draft: Draft): boolean {
  if (!draft.has('table-joins')) return false;
  const { random } = draft;
  const left = draft.take('table', plainKey);
  const right = draft.take('table', ({ id, key }) => key === left?.key && (id !== left.id || random.chance(0.1)));
  if (left === undefined || right === undefined) return false;
  const fn = joiner(draft);
  const { fields, store, versionedMs } = materialized(draft, left.key, { versions: true, chance: 0.45 });
  draft.add(
    { op: 'ttJoin', in: left.id, right: right.id, kind: random.pick(['inner', 'left', 'outer']), joiner: fn, ...draft.name(), ...fields },
    { kind: 'table', key: left.key, value: joinerOf(fn).type(left.value, right.value), store, versionedMs },
  );
  return true;
}

export function joinByForeignKey(draft: Draft): boolean {
  if (!draft.has('fk-joins')) return false;
  const { random } = draft;
  const left = draft.take('table', plainKey);
  if (left === undefined) return false;
  const byKey = random.chance(0.2);
  const by = byKey
    ? random.pick<Json>([
        ['key', 'identity'],
        ['key', 'text'],
        ['both', ''],
      ])
    : random.weighted<Json>([
        [4, ['value', 'firstChar']],
        [2, ['value', ['drop', 1], 'firstChar']],
        [draft.has('nulls') ? 2 : 0, ['value', ['nullIf', ['contains', '1']], 'firstChar']],
        [draft.has('nulls') ? 2 : 0, ['value', ['nullIf', ['startsWith', 'z']], 'firstChar']],
        [draft.has('types') ? 1 : 0, ['value', 'parseI64']],
        [draft.has('errors') ? 0.3 : 0, ['value', ['throwIf', ['crc32', 19, 0]], 'firstChar']],
      ]);
  const foreign = selectorOf(by).type(left.key, left.value);
  const right = draft.take('table', ({ key }) => key === foreign);
  if (right === undefined) return false;
  const fn = joiner(draft);
  const { fields, store, versionedMs } = materialized(draft, left.key, { versions: true, chance: 0.45 });
  draft.add(
    {
      op: 'fkJoin',
      in: left.id,
      right: right.id,
      kind: random.pick(['inner', 'left']),
      by,
      joiner: fn,
      ...(byKey ? { withKey: true } : {}),
      ...draft.name(),
      ...fields,
    },
    { kind: 'table', key: left.key, value: joinerOf(fn).type(left.value, right.value), store, versionedMs },
  );
  return true;
}
