/** Processors beyond the shared format: they fill stores from a topic, and look at and write stores that they may only read. */
import type { KeyValue, KeyValueStore, ReadOnlyKeyValueStore, SessionStore, VersionedStore, WindowStore } from '@millrace/core';
import { type Datum, datumOf, text } from '../datum.ts';
import { textsOf } from '../json.ts';
import type { ProcessorSpec } from './processor-spec.ts';
import { type CaseProcessor, withStore } from './store-processors.ts';

type AnyStore =
  | { readonly kind: 'window'; readonly store: WindowStore<Datum, Datum> }
  | { readonly kind: 'session'; readonly store: SessionStore<Datum, Datum> }
  | { readonly kind: 'versioned'; readonly store: VersionedStore<Datum, Datum> }
  | { readonly kind: 'keyValue'; readonly store: ReadOnlyKeyValueStore<Datum, unknown> };

/** Puts the record's texts, with its timestamp if the store keeps them, and forwards the record. `nulls`: also records without a key. */
export function keep(spec: ProcessorSpec): CaseProcessor {
  return withStore<KeyValueStore<Datum, unknown>>(spec, (context, store) => (record) => {
    const [key, value] = [datumOf(record.key), datumOf(record.value)];
    if (key === null && !spec.flag('nulls')) return;
    const shown = value === null ? null : text(value);
    store.put(text(key), shown !== null && spec.flag('timestamped') ? { value: shown, timestamp: record.timestamp } : shown);
    context.forward(record);
  });
}

/** Forwards what the stores hold: all of it, in session and versioned stores what is under the record's key. */
export function peekStores(spec: ProcessorSpec): CaseProcessor {
  const names = textsOf(spec.field('stores'), 'stores of a processor');
  let run: CaseProcessor['process'] = () => {};
  return {
    init: (context) => {
      run = (record) => {
        const shown = names.map((name) => `${name}:${contentOf(kindOf(context.getStateStore<object>(name)), text(datumOf(record.key)))}`);
        context.forward(record.withValue(shown.join('')));
      };
    },
    process: (record) => run(record),
  };
}

/** Puts something into a key-value store and forwards the record. */
export function write(spec: ProcessorSpec): CaseProcessor {
  let run: CaseProcessor['process'] = () => {};
  return {
    init: (context) => {
      run = (record) => {
        context.getStateStore<KeyValueStore<Datum, Datum>>(spec.text('store')).put('x', 'y');
        context.forward(record);
      };
    },
    process: (record) => run(record),
  };
}

function kindOf(store: object): AnyStore {
  // The method that only this kind has tells it.
  if ('fetchAt' in store) return { kind: 'window', store: store as WindowStore<Datum, Datum> };
  if ('findSessions' in store) return { kind: 'session', store: store as SessionStore<Datum, Datum> };
  if ('getAsOf' in store) return { kind: 'versioned', store: store as VersionedStore<Datum, Datum> };
  return { kind: 'keyValue', store: store as ReadOnlyKeyValueStore<Datum, unknown> };
}

function contentOf(any: AnyStore, key: Datum): string {
  switch (any.kind) {
    case 'window':
      return entriesText(any.store.all());
    case 'session':
      return entriesText(any.store.fetch(key));
    case 'versioned': {
      const found = any.store.get(key);
      return found === undefined ? 'none' : `${text(datumOf(found.value))}@${found.timestamp}`;
    }
    case 'keyValue':
      return entriesText(any.store.all());
  }
}

function entriesText(entries: Iterable<KeyValue<unknown, unknown>>): string {
  let shown = '';
  for (const { key, value } of entries) shown += `${text(datumOf(key))}=${valueText(value)};`;
  return shown;
}

function valueText(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'timestamp' in value && 'value' in value)
    return `${text(datumOf(value.value))}@${String(value.timestamp)}`;
  return text(datumOf(value));
}
