/** Reads stores through their public faces, as the read steps and the final listing of a case ask. */
import type { KeyValue, ReadOnlyKeyValueStore, StoreIterator, VersionedStore } from '@millrace/core';
import { type Datum, datumFromJson, datumOf, datumToJson } from './datum.ts';
import { arrayOf, CaseFormatError, type Json, type JsonObject, numberOf, textOf } from './json.ts';
import { valueOf } from './store-values.ts';
import {
  type CaseSessionStore,
  type CaseWindowStore,
  listSessions,
  listWindows,
  readSessions,
  readWindows,
} from './window-store-reading.ts';

/** A store of the case format: what a value is shows in the value itself, since a datum is never an object with a timestamp. */
export type CaseStore = CaseKeyValueStore | CaseVersionedStore | CaseWindowStore | CaseSessionStore;

type CaseVersionedStore = VersionedStore<Datum, Datum>;

type CaseKeyValueStore = ReadOnlyKeyValueStore<Datum, unknown>;

/** Every entry, in the store's own order; undefined where the format leaves a store out. */
export function listStore(store: CaseStore): Json | undefined {
  if ('fetchSession' in store) return listSessions(store);
  if ('fetchAt' in store) return listWindows(store);
  // Parked records, buffers and versioned stores have no listing, here as in Java.
  return 'all' in store ? entriesOf(store.all()) : undefined;
}

/** The result of a read step. */
export function readStore(store: CaseStore, step: JsonObject): Json {
  if ('fetchSession' in store) return readSessions(store, step);
  if ('getAsOf' in store) return readVersions(store, step);
  return 'fetchAt' in store ? readWindows(store, step) : readKeyValues(store, step);
}

function readVersions(store: CaseVersionedStore, step: JsonObject): Json {
  const args = arrayOf(step['args'] ?? [], 'args');
  const key = datumFromJson(args[0]);
  const found = step['op'] === 'getAsOf' ? store.getAsOf(key, numberOf(args[1], 'a time')) : store.get(key);
  // Java's stores leave out until when a version was valid.
  return found === undefined ? null : [datumToJson(datumOf(found.value)), found.timestamp, null];
}

function readKeyValues(store: CaseKeyValueStore, step: JsonObject): Json {
  const args = arrayOf(step['args'] ?? [], 'args');
  const key = (index: number): Datum | undefined => datumFromJson(args[index]) ?? undefined;
  switch (step['op']) {
    case 'get': {
      const found = store.get(datumFromJson(args[0]));
      return found === undefined ? null : valueOf(found);
    }
    case 'range':
      return entriesOf(store.range(key(0), key(1)));
    case 'reverseRange':
      return entriesOf(store.reverseRange(key(0), key(1)));
    case 'all':
      return entriesOf(store.all());
    case 'reverseAll':
      return entriesOf(store.reverseAll());
    case 'prefixScan':
      return entriesOf(store.prefixScan(Buffer.from(textOf(args[0], 'the prefix'))));
    default:
      throw new CaseFormatError(`unknown read of a key-value store: ${JSON.stringify(step)}`);
  }
}

function entriesOf(entries: StoreIterator<KeyValue<Datum, unknown>>): Json {
  return [...entries].map(({ key, value }) => [datumToJson(datumOf(key)), ...valueOf(value)]);
}
