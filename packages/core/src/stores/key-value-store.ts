/** Key-value stores as processors see them: plain, and with a timestamp for each value. Kafka Streams: `KeyValueStore`, `TimestampedKeyValueStore`. */
import type { Serde } from '../serde/serde.ts';
import type { Entry } from './entry.ts';
import type {
  FlushListener,
  KeyValue,
  KeyValueStore,
  StoreIterator,
  TableStore,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
} from './faces.ts';
import { prefixEnd } from './key-bytes.ts';
import { checkRowTimestamp, isDeletion } from './put-checks.ts';
import type { RowCursor } from './row-cursor.ts';
import type { StoreEnvironment } from './store-environment.ts';
import { CursorIterator } from './store-iterator.ts';
import { TableRows } from './table-rows.ts';

/** Ranges and counting, the same for both faces; `R` is what the face calls a value. */
abstract class KeyValueRows<K, V, R> extends TableRows<K, V> {
  protected abstract rowOf(entry: Entry): R | undefined;
  protected abstract rowAt(value: V, timestamp: number): R;

  get(key: K): R | undefined {
    return this.rowOf(this.read(key));
  }

  range(from: K | undefined, to: K | undefined): StoreIterator<KeyValue<K, R>> {
    return this.#between(from, to, false);
  }

  reverseRange(from: K | undefined, to: K | undefined): StoreIterator<KeyValue<K, R>> {
    return this.#between(from, to, true);
  }

  all(): StoreIterator<KeyValue<K, R>> {
    return this.#between(undefined, undefined, false);
  }

  reverseAll(): StoreIterator<KeyValue<K, R>> {
    return this.#between(undefined, undefined, true);
  }

  prefixScan(prefix: Uint8Array): StoreIterator<KeyValue<K, R>> {
    return this.#open(prefix, prefixEnd(prefix), false);
  }

  /** Counts the rows, by reading their keys: no estimate, but not free. */
  approximateNumEntries(): number {
    const cursor = this.table.rows(undefined, undefined, false, undefined);
    let count = 0;
    while (cursor?.next() === true) count++;
    return count;
  }

  #between(from: K | undefined, to: K | undefined, reverse: boolean): StoreIterator<KeyValue<K, R>> {
    const lower = from === undefined || from === null ? undefined : this.table.codec.keyBytes(from);
    // The upper bound is included: the first byte string behind it is itself and a zero.
    const upper = to === undefined || to === null ? undefined : Buffer.concat([this.table.codec.keyBytes(to), zero]);
    return this.#open(lower, upper, reverse);
  }

  #open(lower: Uint8Array | undefined, upper: Uint8Array | undefined, reverse: boolean): StoreIterator<KeyValue<K, R>> {
    // Bounds in the wrong order are an empty range, as in Kafka Streams.
    if (lower !== undefined && upper !== undefined && Buffer.compare(lower, upper) >= 0) return new CursorIterator(null, this.#read);
    return new CursorIterator(this.table.rows(lower, upper, reverse, this.touch), this.#read);
  }

  readonly #read = (cursor: RowCursor): KeyValue<K, R> => {
    const { table } = this;
    if (cursor.entry !== undefined) {
      const value = cursor.bytes === null ? (cursor.value as V) : table.codec.decodeValue(cursor.bytes);
      return { key: table.keyOf(cursor.entry), value: this.rowAt(value, cursor.timestamp) };
    }
    const key = cursor.key as Uint8Array;
    const row = cursor.row as Uint8Array;
    return {
      key: table.codec.keys.decode(key, table.codec.prefixLength, key.length),
      value: this.rowAt(table.codec.decodeStored(row), table.codec.timestampOf(row)),
    };
  };
}

const zero = Buffer.from([0]);

/** Key to value. */
export class PlainKeyValueStore<K, V> extends KeyValueRows<K, V, V> implements KeyValueStore<K, V> {
  constructor(name: string, environment: StoreEnvironment, keySerde: Serde<K>, valueSerde: Serde<V>, caching: boolean) {
    super(name, environment, keySerde, valueSerde, false, caching);
  }

  put(key: K, value: V | null | undefined): void {
    this.write(key, value ?? null, -1);
  }

  putIfAbsent(key: K, value: V): V | undefined {
    const found = this.get(key);
    if (found === undefined) this.put(key, value);
    return found;
  }

  putAll(entries: Iterable<readonly [K, V | null]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  delete(key: K): V | undefined {
    const found = this.get(key);
    this.put(key, null);
    return found;
  }

  protected override rowOf(entry: Entry): V | undefined {
    return this.table.codec.valueOf(entry);
  }

  protected override rowAt(value: V): V {
    return value;
  }
}

/** Key to value and timestamp; also what tables work on. */
export class TimestampedStore<K, V>
  extends KeyValueRows<K, V, ValueAndTimestamp<V>>
  implements TimestampedKeyValueStore<K, V>, TableStore<K, V>
{
  readonly #immutable: boolean;

  /** `forgetsTimestamps`: rows lie below the record cache without their timestamps, and are read from there with -1. */
  constructor(
    name: string,
    environment: StoreEnvironment,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
    caching: boolean,
    forgetsTimestamps: boolean,
  ) {
    super(name, environment, keySerde, valueSerde, true, caching, forgetsTimestamps);
    this.#immutable = valueSerde.immutable;
  }

  put(key: K, value: ValueAndTimestamp<V> | null | undefined): void {
    if (isDeletion(value, this.name)) {
      this.write(key, null, -1);
      return;
    }
    checkRowTimestamp(value.timestamp, this.name);
    this.write(key, value.value, value.timestamp);
  }

  putIfAbsent(key: K, value: ValueAndTimestamp<V>): ValueAndTimestamp<V> | undefined {
    const found = this.get(key);
    if (found === undefined) this.put(key, value);
    return found;
  }

  putAll(entries: Iterable<readonly [K, ValueAndTimestamp<V> | null]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  delete(key: K): ValueAndTimestamp<V> | undefined {
    const found = this.get(key);
    this.write(key, null, -1);
    return found;
  }

  lookup(key: K): ValueAndTimestamp<V> | undefined {
    const entry = this.read(key);
    if (!entry.present) return undefined;
    // The entry is the row: its value is a V, since only this store's serde put it there.
    if (this.#immutable && entry.bytes === null) return entry as unknown as ValueAndTimestamp<V>;
    return { value: this.table.codec.valueOf(entry) as V, timestamp: entry.timestamp };
  }

  override setFlushListener(listener: FlushListener<K, V>, sendOldValues: boolean): boolean {
    return super.setFlushListener(listener, sendOldValues);
  }

  protected override rowOf(entry: Entry): ValueAndTimestamp<V> | undefined {
    const value = this.table.codec.valueOf(entry);
    return value === undefined ? undefined : { value, timestamp: entry.timestamp };
  }

  protected override rowAt(value: V, timestamp: number): ValueAndTimestamp<V> {
    return { value, timestamp };
  }
}
