/**
 * A timestamped window store as a plain one. Values put through it carry the timestamp -1, none, as Java's do.
 * Kafka Streams: `TopologyTestDriver.WindowStoreFacade`.
 */
import type {
  KeyValue,
  StoreIterator,
  TimestampedWindowStore,
  ValueAndTimestamp,
  Windowed,
  WindowStore,
  WindowValue,
} from '@millrace/core';
import { UntimestampedIterator } from './untimestamped-iterator.ts';
import { withoutTimestamp } from './untimestamped-store.ts';

export class UntimestampedWindowStore<K, V> implements WindowStore<K, V> {
  readonly name: string;
  readonly #store: TimestampedWindowStore<K, V>;

  constructor(store: TimestampedWindowStore<K, V>) {
    this.name = store.name;
    this.#store = store;
  }

  put(key: K, value: V | null | undefined, start: number): void {
    this.#store.put(key, withoutTimestamp(value), start);
  }

  fetchAt(key: K, start: number): V | undefined {
    return this.#store.fetchAt(key, start)?.value;
  }

  fetch(key: K, from: number, to: number): StoreIterator<WindowValue<V>> {
    return ofOneKey(this.#store.fetch(key, from, to));
  }

  backwardFetch(key: K, from: number, to: number): StoreIterator<WindowValue<V>> {
    return ofOneKey(this.#store.backwardFetch(key, from, to));
  }

  fetchRange(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): StoreIterator<KeyValue<Windowed<K>, V>> {
    return ofKeys(this.#store.fetchRange(keyFrom, keyTo, from, to));
  }

  backwardFetchRange(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): StoreIterator<KeyValue<Windowed<K>, V>> {
    return ofKeys(this.#store.backwardFetchRange(keyFrom, keyTo, from, to));
  }

  fetchAll(from: number, to: number): StoreIterator<KeyValue<Windowed<K>, V>> {
    return ofKeys(this.#store.fetchAll(from, to));
  }

  backwardFetchAll(from: number, to: number): StoreIterator<KeyValue<Windowed<K>, V>> {
    return ofKeys(this.#store.backwardFetchAll(from, to));
  }

  all(): StoreIterator<KeyValue<Windowed<K>, V>> {
    return ofKeys(this.#store.all());
  }

  backwardAll(): StoreIterator<KeyValue<Windowed<K>, V>> {
    return ofKeys(this.#store.backwardAll());
  }
}

function ofOneKey<V>(windows: StoreIterator<WindowValue<ValueAndTimestamp<V>>>): StoreIterator<WindowValue<V>> {
  return new UntimestampedIterator(windows, ({ start, value }) => ({ start, value: value.value }));
}

function ofKeys<K, V>(windows: StoreIterator<KeyValue<Windowed<K>, ValueAndTimestamp<V>>>): StoreIterator<KeyValue<Windowed<K>, V>> {
  return new UntimestampedIterator(windows, ({ key, value }) => ({ key, value: value.value }));
}
