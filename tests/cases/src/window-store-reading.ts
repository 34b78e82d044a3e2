/** Reads window and session stores through their public faces. */
import type { KeyValue, ReadOnlySessionStore, ReadOnlyWindowStore, StoreIterator, Windowed, WindowValue } from '@millrace/core';
import { type Datum, datumFromJson, datumOf, text } from './datum.ts';
import { arrayOf, CaseFormatError, type Json, type JsonObject, numberOf } from './json.ts';
import { valueOf } from './store-values.ts';

export type CaseWindowStore = ReadOnlyWindowStore<Datum, unknown>;
export type CaseSessionStore = ReadOnlySessionStore<Datum, unknown>;

/** Every entry, in the store's own order; undefined where windows have no size, which the format leaves out. */
export function listWindows(store: CaseWindowStore): Json | undefined {
  const entries = [...store.all()];
  return entries.some(({ key }) => key.window.end === key.window.start) ? undefined : entries.map(entryOf);
}

export function listSessions(store: CaseSessionStore): Json {
  return entriesOf(store.fetchRange(undefined, undefined));
}

export function readWindows(store: CaseWindowStore, step: JsonObject): Json {
  const { datum, bound, time } = argumentsOf(step);
  switch (step['op']) {
    case 'fetchAt':
      return foundOf(store.fetchAt(datum(0), time(1)));
    case 'fetch':
      return windowsOf(store.fetch(datum(0), time(1), time(2)));
    case 'backwardFetch':
      return windowsOf(store.backwardFetch(datum(0), time(1), time(2)));
    case 'fetchRange':
      return entriesOf(store.fetchRange(bound(0), bound(1), time(2), time(3)));
    case 'fetchAll':
      return entriesOf(store.fetchAll(time(0), time(1)));
    case 'all':
      return entriesOf(store.all());
    case 'backwardAll':
      return entriesOf(store.backwardAll());
    default:
      throw new CaseFormatError(`unknown read of a window store: ${JSON.stringify(step)}`);
  }
}

export function readSessions(store: CaseSessionStore, step: JsonObject): Json {
  const { datum, bound, time } = argumentsOf(step);
  switch (step['op']) {
    case 'fetch':
      return entriesOf(store.fetch(datum(0)));
    case 'backwardFetch':
      return entriesOf(store.backwardFetch(datum(0)));
    case 'fetchRange':
      return entriesOf(store.fetchRange(bound(0), bound(1)));
    case 'findSessions':
      return entriesOf(store.findSessions(datum(0), time(1), time(2)));
    case 'fetchSession':
      return foundOf(store.fetchSession(datum(0), time(1), time(2)));
    default:
      throw new CaseFormatError(`unknown read of a session store: ${JSON.stringify(step)}`);
  }
}

function argumentsOf(step: JsonObject): {
  readonly datum: (index: number) => Datum;
  readonly bound: (index: number) => Datum | undefined;
  readonly time: (index: number) => number;
} {
  const args = arrayOf(step['args'] ?? [], 'args');
  return {
    datum: (index) => datumFromJson(args[index]),
    bound: (index) => datumFromJson(args[index]) ?? undefined,
    time: (index) => numberOf(args[index], 'a time'),
  };
}

function foundOf(found: unknown): Json {
  return found === undefined ? null : valueOf(found);
}

function windowsOf(windows: StoreIterator<WindowValue<unknown>>): Json {
  return [...windows].map(({ start, value }) => [start, ...valueOf(value)]);
}

function entriesOf(entries: StoreIterator<KeyValue<Windowed<Datum>, unknown>>): Json {
  return [...entries].map(entryOf);
}

function entryOf({ key, value }: KeyValue<Windowed<Datum>, unknown>): Json[] {
  return [text(datumOf(key)), ...valueOf(value)];
}
