/** Processors of the case format with the stores they need. */
import type { Json, JsonObject } from '#cases/json';
import { plainText } from '../plain-text.ts';
import { type Draft, type DraftStore, isWindowed, sometimes } from './draft.ts';
import { predicate } from './functions.ts';

interface MadeUpProcessor {
  readonly json: JsonObject;
  readonly store?: string | undefined;
  /** Works as a fixed-key processor too. */
  readonly fixed: boolean;
}

const keepingValues: ReadonlySet<Json | undefined> = new Set(['dedup', 'headers', 'route', 'shiftTs', 'throwIf']);

export function processStream(draft: Draft): boolean {
  if (!draft.has('processors')) return false;
  const { random } = draft;
  const from = draft.take('stream', ({ key }) => !isWindowed(key));
  if (from === undefined) return false;
  const made = madeUpProcessor(draft);
  const op = made.fixed && random.chance(0.5) ? 'processValues' : 'process';
  const stores = connected(draft, made.store);
  const value = keepingValues.has(made.json['name']) ? from.value : 'utf8';
  // Punctuation of `sum` forwards text keys whatever came in.
  const key = made.json['name'] === 'sum' ? 'utf8' : from.key;
  if (key !== from.key) return false;
  draft.add({ op, in: from.id, processor: made.json, ...stores, ...draft.name() }, { kind: 'stream', key, value });
  return true;
}

/** Its store; rarely another one too, which it does not use. */
function connected({ random, stores }: Draft, store: string | undefined): JsonObject {
  const others = stores.filter(({ name }) => name !== store && name.startsWith('P'));
  const names = [...(store === undefined ? [] : [store]), ...(others.length > 0 && random.chance(0.05) ? [random.pick(others).name] : [])];
  return names.length === 0 ? {} : { stores: names };
}

function madeUpProcessor(draft: Draft): MadeUpProcessor {
  const { random } = draft;
  return random.weighted<(draft: Draft) => MadeUpProcessor>([
    [3, dedup],
    [2, headers],
    [2, shift],
    [2, repeat],
    // The driver counts the offsets of all topics of a pattern as one: no cluster does.
    [draft.operators.some(({ pattern }) => pattern !== undefined) ? 0 : 2, () => ({ json: { name: 'context' }, fixed: true })],
    [2, lookup],
    [draft.has('errors') ? 0.3 : 0, () => ({ json: { name: 'throwIf', pred: ['value', ['eq', 'b3']] }, fixed: true })],
    [3, sum],
    [2, prefixScan],
    [2, rangeScan],
    [2.5, windowPut],
    [2, sessionPut],
    [draft.has('versioned') ? 2 : 0, versionedPut],
  ])(draft);
}

function newStore(draft: Draft, shape: DraftStore['shape'], fields: JsonObject = {}): string {
  const { random } = draft;
  const shared = sharedStore(draft, shape, fields);
  if (shared !== undefined) return shared;
  const name = draft.newId('P');
  const place = shape === 'versioned' ? {} : sometimes(random, 0.45, () => ({ store: random.pick(['rocksdb', 'inMemory']) }));
  const caching = shape === 'versioned' ? {} : sometimes(random, 0.15, () => ({ caching: true }));
  draft.end({ op: 'store', name, ...fields, ...place, ...caching, ...sometimes(random, 0.1, () => ({ logging: false })) });
  draft.stores.push({ name, shape, key: 'utf8' });
  return name;
}

/** A store of another processor that does as well, now and then: both are in one sub-topology then. */
function sharedStore({ operators, random, stores }: Draft, shape: DraftStore['shape'], fields: JsonObject): string | undefined {
  if (!random.chance(0.12)) return undefined;
  const fitting = operators.filter(
    ({ kind, name, op, value }) =>
      op === 'store' &&
      value === fields['value'] &&
      kind === fields['kind'] &&
      stores.some((store) => store.name === name && store.shape === shape),
  );
  return fitting.length === 0 ? undefined : plainText(random.pick(fitting)['name']);
}

/** One of two kinds of plain key-value store, or now and then one that forgets. */
function keyValue(draft: Draft, value: JsonObject = {}): string {
  if (draft.random.chance(0.1)) return newStore(draft, 'keyValue', { kind: 'lru', maxEntries: draft.random.int(1, 5), ...value });
  return newStore(draft, 'keyValue', value);
}

function dedup(draft: Draft): MadeUpProcessor {
  const store = keyValue(draft, { value: 'i64' });
  return { json: { name: 'dedup', store, ttlMs: draft.span(0, 5, 20, 100) }, store, fixed: true };
}

function headers({ random }: Draft): MadeUpProcessor {
  const add = random.pick<Json>([
    [['p', 'AQ==']],
    [['p', null]],
    [
      ['p', 'AQ=='],
      ['h', 'Ag=='],
    ],
    [],
  ]);
  return { json: { name: 'headers', remove: random.pick([['h'], []]), add }, fixed: true };
}

function shift(draft: Draft): MadeUpProcessor {
  return { json: { name: 'shiftTs', ms: draft.span(1, 5, 50) }, fixed: true };
}

function repeat(draft: Draft): MadeUpProcessor {
  return { json: { name: 'repeat', n: draft.random.int(0, 3), stepMs: draft.span(0, 1, 7) }, fixed: true };
}

/** Looks into the store of a table, if one can be named. */
function lookup(draft: Draft): MadeUpProcessor {
  const table = draft.nodes.find(
    ({ key, kind, store, window }) => kind === 'table' && store !== undefined && window === undefined && key === 'utf8',
  );
  if (table?.store === undefined) return shift(draft);
  return { json: { name: 'lookup', store: table.store }, store: table.store, fixed: true };
}

function sum(draft: Draft): MadeUpProcessor {
  const { random } = draft;
  const store = newStore(draft, 'keyValue', { value: 'i64' });
  return {
    json: {
      name: 'sum',
      store,
      everyMs: draft.span(1, 5, 10, 100),
      time: random.pick(['stream', 'stream', 'wall']),
      ...sometimes(random, 0.3, () => ({ count: true })),
      ...sometimes(random, 0.3, () => ({ clear: true })),
      ...sometimes(random, 0.4, () => ({ mark: true })),
      ...sometimes(random, 0.2, () => ({ cancelAfter: random.int(1, 3) })),
    },
    store,
    fixed: false,
  };
}

function prefixScan(draft: Draft): MadeUpProcessor {
  const store = newStore(draft, 'keyValue');
  return { json: { name: 'prefixScan', store, chars: draft.random.int(draft.has('empty-prefixes') ? 0 : 1, 2) }, store, fixed: false };
}

function rangeScan(draft: Draft): MadeUpProcessor {
  const { random } = draft;
  const store = newStore(draft, 'keyValue');
  const reverse = sometimes(random, 0.5, () => ({ reverse: true }));
  return {
    json: { name: 'rangeScan', store, from: random.pick([null, 'a', 'b']), to: random.pick([null, 'b', 'c']), ...reverse },
    store,
    fixed: false,
  };
}

function windowPut(draft: Draft): MadeUpProcessor {
  const { random } = draft;
  const windowMs = draft.span(1, 10, 10);
  const retentionMs = Math.max(windowMs, draft.span(10, 20, 100, 1000));
  const store = newStore(draft, 'window', {
    kind: 'window',
    windowMs,
    retentionMs,
    ...sometimes(random, 0.2, () => ({ retainDuplicates: true })),
  });
  return { json: { name: 'windowPut', store, backMs: draft.span(0, 5, 20, 200) }, store, fixed: false };
}

function sessionPut(draft: Draft): MadeUpProcessor {
  const store = newStore(draft, 'session', { kind: 'session', retentionMs: draft.span(10, 20, 100, 1000) });
  return { json: { name: 'sessionPut', store, lengthMs: draft.span(0, 1, 5, 20) }, store, fixed: false };
}

function versionedPut(draft: Draft): MadeUpProcessor {
  const { random } = draft;
  const historyMs = draft.span(0, 20, 100, 1000);
  const segment = sometimes(random, 0.2, () => ({ segmentMs: Math.max(1, Math.floor(historyMs / 3)) }));
  const store = newStore(draft, 'versioned', { kind: 'versioned', historyMs, ...segment });
  return { json: { name: 'versionedPut', store, backMs: draft.span(0, 5, 20, 200) }, store, fixed: false };
}

/** Sends records to one of two named children. */
export function routeStream(draft: Draft): boolean {
  if (!draft.has('processors')) return false;
  const from = draft.take('stream', ({ key }) => !isWindowed(key));
  if (from === undefined) return false;
  const [yes, no] = [draft.newId('yes'), draft.newId('no')];
  const types = { kind: 'stream', key: from.key, value: from.value } as const;
  const routed = draft.add(
    { op: 'process', in: from.id, processor: { name: 'route', pred: predicate(draft), yes, no }, ...draft.name() },
    types,
  );
  draft.use(routed);
  draft.add({ op: 'filter', in: routed.id, pred: 'always', name: yes }, types);
  draft.add({ op: 'mapValues', in: routed.id, fn: ['value', ['append', '?']], name: no }, { ...types, value: 'utf8' });
  return true;
}
