/** How a result is materialised: `mat` of the case format, and the store that it names. */
import type { JsonObject } from '#cases/json';
import type { ValueType } from '#cases/value-type';
import { type Draft, sometimes, type WindowFacts } from './draft.ts';

export interface Materialization {
  /** `{ mat }` or nothing. */
  readonly fields: JsonObject;
  readonly store: string | undefined;
  readonly versionedMs: number | undefined;
}

const none: Materialization = { fields: {}, store: undefined, versionedMs: undefined };

interface MaterializeOptions {
  /** How often there is a `mat` at all. */
  readonly chance?: number;
  /** Whether the changelog may be chosen. */
  readonly logged?: boolean;
  /** How often the store has a name then. */
  readonly named?: number;
  /** Whether the table may keep its history. */
  readonly versions?: boolean;
}

/** Of a table that is not windowed. */
export function materialized(
  draft: Draft,
  key: ValueType,
  { chance = 0.5, logged = true, named = 0.8, versions = false }: MaterializeOptions = {},
): Materialization {
  const { random } = draft;
  if (!random.chance(chance)) return none;
  const name = random.chance(named) ? draft.newId('S') : undefined;
  if (versions && name !== undefined && draft.has('versioned') && random.chance(0.25)) return versioned(draft, key, name);
  if (name !== undefined && draft.has('suppliers') && random.chance(0.12)) return supplied(draft, key, name, logged);
  if (name !== undefined) draft.stores.push({ name, shape: 'keyValue', key });
  return { fields: { mat: { ...(name === undefined ? {} : { name }), ...common(draft, logged) } }, store: name, versionedMs: undefined };
}

function versioned(draft: Draft, key: ValueType, name: string): Materialization {
  const { random } = draft;
  const versionedMs = draft.span(0, 1, 20, 100, 1000);
  draft.stores.push({ name, shape: 'versioned', key });
  const segment = sometimes(random, 0.15, () => ({ segmentMs: Math.max(1, Math.floor(versionedMs / random.int(1, 4))) }));
  return {
    fields: { mat: { name, versionedMs, ...segment, ...sometimes(random, 0.1, () => ({ logging: false })) } },
    store: name,
    versionedMs,
  };
}

function supplied(draft: Draft, key: ValueType, name: string, logged: boolean): Materialization {
  const { random } = draft;
  const supplier = random.pick(['rocksdb', 'rocksdbPlain', 'inMemory', 'lru']);
  draft.stores.push({ name, shape: 'keyValue', key });
  return {
    fields: { mat: { name, supplier, ...(supplier === 'lru' ? { maxEntries: random.int(1, 4) } : {}), ...switches(draft, logged) } },
    store: name,
    versionedMs: undefined,
  };
}

/** Of a windowed table. */
/** `final`: the windows are emitted on close. */
export function materializedWindows(draft: Draft, key: ValueType, window: WindowFacts, final = false): Materialization {
  const { random } = draft;
  if (!random.chance(0.6)) return none;
  const name = random.chance(0.85) ? draft.newId('S') : undefined;
  const neededMs = (window.type === 'sliding' ? 2 * window.sizeMs : window.sizeMs) + window.graceMs;
  const keptMs = neededMs + random.pick([0, 1, 3, 5 * draft.scaleMs, 50 * draft.scaleMs, 120_000, -1]);
  const retentionMs = Math.max(0, keptMs);
  if (name !== undefined) {
    draft.stores.push({ name, shape: window.type === 'session' ? 'session' : 'window', key, window });
    if (draft.has('suppliers') && window.type !== 'unlimited' && random.chance(0.15)) {
      const picked = random.pick(['rocksdb', 'inMemory']);
      // Kafka Streams fails at every record there (docs/differences.md).
      const supplier = final && window.type === 'session' ? 'inMemory' : picked;
      const size = window.type === 'session' ? {} : { windowMs: window.sizeMs };
      return { fields: { mat: { name, supplier, retentionMs, ...size, ...switches(draft) } }, store: name, versionedMs: undefined };
    }
  }
  const retention = window.type === 'unlimited' ? {} : sometimes(random, 0.3, () => ({ retentionMs }));
  const named = name === undefined ? {} : { name };
  return { fields: { mat: { ...named, ...retention, ...common(draft) } }, store: name, versionedMs: undefined };
}

function common(draft: Draft, logged = true): JsonObject {
  return { ...sometimes(draft.random, 0.12, () => ({ store: draft.random.pick(['rocksdb', 'inMemory']) })), ...switches(draft, logged) };
}

function switches({ random }: Draft, logged = true): JsonObject {
  return {
    ...sometimes(random, 0.2, () => ({ caching: random.chance(0.3) })),
    ...sometimes(random, logged ? 0.15 : 0, () => ({ logging: random.chance(0.2) })),
  };
}
