/** Steps on tables: filters, new values, grouping by another key, suppression, transformers, streams of tables and back. */
import { aggregatorOf } from '#cases/functions/aggregators';
import { selectorOf } from '#cases/functions/selectors';
import type { Json, JsonObject } from '#cases/json';
import { type Draft, isWindowed, sometimes } from './draft.ts';
import { initial, predicate, valueSelector } from './functions.ts';
import { type Materialization, materialized } from './materialized.ts';

/** Only tables with plain keys get stores: those of windowed keys have no serde for them. */
function store(draft: Draft, key: Draft['nodes'][number]['key'], chance: number, versions = false): Materialization {
  return materialized(draft, key, { chance: isWindowed(key) ? 0 : chance, versions });
}

export function filterTable(draft: Draft): boolean {
  const from = draft.take('table');
  if (from === undefined) return false;
  const { fields, store: name, versionedMs } = store(draft, from.key, 0.35, true);
  draft.add(
    { op: draft.random.pick(['filter', 'filterNot']), in: from.id, pred: predicate(draft), ...draft.name(), ...fields },
    { ...from, growth: undefined, store: name, versionedMs },
  );
  return true;
}

export function mapTableValues(draft: Draft): boolean {
  const from = draft.take('table');
  if (from === undefined) return false;
  const fn = valueSelector(draft);
  const { fields, store: name, versionedMs } = store(draft, from.key, 0.35, true);
  const withKey = sometimes(draft.random, 0.2, () => ({ withKey: true }));
  draft.add(
    { op: 'mapValues', in: from.id, fn, ...withKey, ...draft.name(), ...fields },
    { ...from, growth: undefined, value: selectorOf(fn).type(from.key, from.value), store: name, versionedMs },
  );
  return true;
}

export function transformTable(draft: Draft): boolean {
  const from = draft.take('table');
  if (from === undefined || !draft.has('transform-values')) return false;
  const { random } = draft;
  const { fields, store: name, versionedMs } = store(draft, from.key, 0.4, true);
  const processor: { readonly json: Json; readonly stores: JsonObject } = random.chance(0.5)
    ? { json: { name: 'withKey' }, stores: {} }
    : counting(draft);
  draft.add(
    { op: 'transformValues', in: from.id, processor: processor.json, ...processor.stores, ...draft.name(), ...fields },
    { ...from, growth: undefined, value: 'utf8', store: name, versionedMs },
  );
  return true;
}

function counting(draft: Draft): { readonly json: Json; readonly stores: JsonObject } {
  const name = draft.newId('P');
  draft.end({ op: 'store', name, value: 'i64', ...sometimes(draft.random, 0.4, () => ({ store: 'inMemory' })) });
  draft.stores.push({ name, shape: 'keyValue', key: 'utf8' });
  return { json: { name: 'countCalls', store: name }, stores: { stores: [name] } };
}

/** Groups a table by another key and aggregates it, with what takes a row out again. */
export function aggregateTable(draft: Draft): boolean {
  const from = draft.take('table');
  if (from === undefined || !draft.has('table-aggregates')) return false;
  const { random } = draft;
  const key = random.weighted<Json>([
    [4, ['value', 'firstChar']],
    [2, ['value', ['crcMod', 2]]],
    [1, ['const', 'all']],
    [2, isWindowed(from.key) ? ['key', 'innerKey'] : ['key', 'identity']],
    [draft.has('nulls') ? 1.5 : 0, ['value', ['nullIf', ['startsWith', 'z']], 'firstChar']],
  ]);
  const value = random.weighted<Json>([
    [4, ['value', 'text']],
    [2, ['value', 'upperAscii']],
    [1, ['value', 'identity']],
    [draft.has('nulls') ? 1.5 : 0, ['value', ['nullIf', ['contains', '3']], 'text']],
  ]);
  const types = { key: selectorOf(key).type(from.key, from.value), value: selectorOf(value).type(from.key, from.value) };
  const grouped = draft.add({ op: 'groupBy', in: from.id, key, value, ...draft.name() }, { kind: 'groupedTable', ...types });
  const isText = types.value === 'utf8';
  const way = random.weighted([
    [2, 'count'],
    [isText ? 3 : types.value === 'i64' ? 1 : 0, 'reduce'],
    [4, 'aggregate'],
  ] as const);
  const { fields, store: name, versionedMs } = store(draft, types.key, 0.5, true);
  const common = { in: grouped.id, ...draft.name(), ...fields };
  const table = { kind: 'table', key: types.key, store: name, versionedMs } as const;
  if (way === 'count') {
    draft.add({ op: 'count', ...common }, { ...table, value: 'i64' });
  } else if (way === 'reduce') {
    const [add, sub] = isText
      ? random.pick<readonly [Json, Json]>([
          ['bagAdd', 'bagRemove'],
          [
            ['concat', '+'],
            ['concat', '-'],
          ],
          ['last', 'first'],
          ['bagAdd', ['nullIf', ['crc32', 4, 0], 'bagRemove']],
        ])
      : (['sumI64', 'subI64'] as const);
    draft.add({ op: 'reduce', ...common, add, sub }, { ...table, value: types.value });
  } else {
    const [add, sub] = random.pick<readonly [Json, Json]>([
      ['bagAdd', 'bagRemove'],
      [
        ['append', '+'],
        ['append', '-'],
      ],
      ['countI64', 'uncountI64'],
      ['sumI64', 'subI64'],
      ['bagAdd', ['nullIf', ['crc32', 4, 0], 'bagRemove']],
      [['nullIf', ['crc32', 4, 0], 'bagAdd'], 'bagRemove'],
    ]);
    const result = aggregatorOf(add).type(types.value);
    draft.add({ op: 'aggregate', ...common, init: initial(draft, result), add, sub }, { ...table, value: result });
  }
  return true;
}

export function suppressTable(draft: Draft): boolean {
  if (!draft.has('suppress')) return false;
  const { random } = draft;
  // What is final or versioned is not suppressed: the builder refuses it.
  const misfits = draft.has('misfits') && random.chance(0.04);
  const windowed = draft.take(
    'table',
    ({ final, window }) => window !== undefined && window.type !== 'unlimited' && (final !== true || misfits),
  );
  if (windowed !== undefined && random.chance(0.8)) {
    const limit = random.weighted<JsonObject>([
      [8, {}],
      [1, { maxRecords: random.pick([1, 3, 10]) }],
      [1, { maxBytes: random.pick([200, 2000]) }],
    ]);
    const logging = sometimes(random, 0.1, () => ({ logging: false }));
    draft.add(
      { op: 'suppress', in: windowed.id, until: 'windowClose', ...limit, ...logging, ...draft.name() },
      { ...windowed, growth: undefined, store: undefined },
    );
    return true;
  }
  const from = draft.take('table', ({ versionedMs, final }) => (versionedMs === undefined && final !== true) || misfits);
  if (from === undefined) return false;
  const limit = {
    ...sometimes(random, 0.4, () => ({ maxRecords: random.pick([1, 2, 3, 10]) })),
    ...sometimes(random, 0.25, () => ({ maxBytes: random.pick([100, 200, 1000]) })),
    ...sometimes(random, 0.2, () => ({ full: random.pick(['shutDown', 'shutDown', 'emitEarly']) })),
    ...sometimes(random, 0.1, () => ({ logging: false })),
  };
  const ms = draft.span(0, 1, 2, 5, 10, 50, 100);
  draft.add(
    { op: 'suppress', in: from.id, until: 'timeLimit', ms, ...limit, ...draft.name() },
    { ...from, growth: undefined, store: undefined },
  );
  return true;
}

export function streamOfTable(draft: Draft): boolean {
  const from = draft.take('table');
  if (from === undefined) return false;
  const by = draft.random.chance(0.15)
    ? draft.random.pick<Json>([
        ['value', 'firstChar'],
        ['both', '|'],
      ])
    : undefined;
  const key = by === undefined ? from.key : selectorOf(by).type(from.key, from.value);
  draft.add(
    { op: 'toStream', in: from.id, ...(by === undefined ? {} : { by }), ...draft.name() },
    { kind: 'stream', key, value: from.value },
  );
  return true;
}

export function tableOfStream(draft: Draft): boolean {
  const from = draft.take('stream', ({ key }) => !isWindowed(key));
  if (from === undefined) return false;
  const { fields, store: name, versionedMs } = store(draft, from.key, 0.5, true);
  draft.add(
    { op: 'toTable', in: from.id, ...draft.name(), ...fields },
    { kind: 'table', key: from.key, value: from.value, store: name, versionedMs },
  );
  return true;
}
