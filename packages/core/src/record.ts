/**
 * The record that flows between processors: key, value, timestamp, headers. Immutable but for its headers.
 *
 * A record that comes from a topic carries its bytes and decodes key and value when somebody reads them, where its serdes allow that
 * (`Serde.isCanonical`); a sink of the same format copies the bytes of what nobody changed.
 * Kafka Streams: `org.apache.kafka.streams.processor.api.Record`.
 */
import { describeValue, StreamsError } from './errors.ts';
import { type Header, Headers } from './headers.ts';
import type { FetchedRecords } from './kafka/fetched-records.ts';
import type { Serde } from './serde/serde.ts';

/** Where a record came from. Kafka Streams: `RecordMetadata`. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What {@link StreamRecord.of} takes. */
export interface RecordInit<K, V> {
  readonly key: K;
  readonly value: V;
  /** Milliseconds since 1970, not negative. */
  readonly timestamp: number;
  readonly headers?: Headers | readonly Header[] | undefined;
}

/** Stands for a key or value that is not decoded yet. */
const undecoded: unique symbol = Symbol('undecoded');

export class StreamRecord<K, V> {
  readonly timestamp: number;
  #key: K | typeof undecoded;
  #value: V | typeof undecoded;
  #headers: Headers | null;
  /** The batch that carries the bytes, while they still stand for the key or the value. */
  readonly #batch: FetchedRecords | null;
  readonly #index: number;
  /** Set while the batch's key bytes are this record's key. */
  readonly #keySerde: Serde<K> | null;
  readonly #valueSerde: Serde<V> | null;
  /** Whose headers the batch's bytes are; false once somebody replaced them. */
  readonly #batchHeaders: boolean;
  /** A processor that must not change keys got this record, or the one that it was made from without touching the key. */
  #keyIsFixed = false;

  /** @internal Use {@link StreamRecord.of}. */
  constructor(
    key: K | typeof undecoded,
    value: V | typeof undecoded,
    timestamp: number,
    headers: Headers | null,
    batch: FetchedRecords | null,
    index: number,
    keySerde: Serde<K> | null,
    valueSerde: Serde<V> | null,
    batchHeaders: boolean,
  ) {
    this.#key = key;
    this.#value = value;
    this.timestamp = timestamp;
    this.#headers = headers;
    this.#batch = batch;
    this.#index = index;
    this.#keySerde = keySerde;
    this.#valueSerde = valueSerde;
    this.#batchHeaders = batchHeaders;
  }

  /**
   * A record of the given parts; the headers are copied.
   *
   * @throws MR_TIMESTAMP_INVALID if the timestamp is not a whole number from 0 to `Number.MAX_SAFE_INTEGER`; MR_ARGUMENT_INVALID for what is no list of headers.
   */
  static of<K, V>(init: RecordInit<K, V>): StreamRecord<K, V> {
    checkTimestamp(init.timestamp);
    const headers = init.headers === undefined ? null : Headers.of(init.headers);
    return new StreamRecord<K, V>(init.key, init.value, init.timestamp, headers, null, 0, null, null, false);
  }

  /** @internal A record without headers, for operators that make many. */
  static plain<K, V>(key: K, value: V, timestamp: number): StreamRecord<K, V> {
    return new StreamRecord<K, V>(key, value, timestamp, null, null, 0, null, null, false);
  }

  /**
   * @internal A record of a fetched batch. A serde given as `lazy…` says that the bytes are canonical, so that decoding can wait; otherwise the decoded value is given.
   * Either may come decoded although its bytes are canonical.
   */
  static fetched<K, V>(
    batch: FetchedRecords,
    index: number,
    timestamp: number,
    key: K | undefined,
    value: V | undefined,
    lazyKey: Serde<K> | null,
    lazyValue: Serde<V> | null,
  ): StreamRecord<K, V> {
    return new StreamRecord<K, V>(
      // What is not lazy was decoded by the caller, so it is a K, or a V.
      lazyKey === null || key !== undefined ? (key as K) : undecoded,
      lazyValue === null || value !== undefined ? (value as V) : undecoded,
      timestamp,
      null,
      batch,
      index,
      lazyKey,
      lazyValue,
      batch.hasHeaders(index),
    );
  }

  get key(): K {
    if (this.#key === undecoded) this.#key = this.#decodeKey();
    return this.#key;
  }

  get value(): V {
    if (this.#value === undecoded) this.#value = this.#decodeValue();
    return this.#value;
  }

  /** @internal True if the value is null or undefined; answers without decoding it. */
  get valueIsNull(): boolean {
    if (this.#value !== undecoded) return this.#value === null || this.#value === undefined;
    return (this.#batch as FetchedRecords).valueStart(this.#index) < 0;
  }

  /** @internal Somebody read the key, or it came decoded. */
  get keyIsDecoded(): boolean {
    return this.#key !== undecoded;
  }

  /** @internal As {@link keyIsDecoded}. */
  get valueIsDecoded(): boolean {
    return this.#value !== undecoded;
  }

  /** The record's own headers; changing them changes this record for everybody it was forwarded to. */
  get headers(): Headers {
    return (this.#headers ??= this.#batchHeaders && this.#batch !== null ? this.#batch.headers(this.#index) : new Headers());
  }

  /** @internal The headers if there are any, without making an object for their absence. */
  get headersOrNull(): Headers | null {
    if (this.#headers !== null) return this.#headers.size === 0 ? null : this.#headers;
    return this.#batchHeaders ? this.headers : null;
  }

  withKey<K2>(key: K2): StreamRecord<K2, V> {
    return new StreamRecord<K2, V>(
      key,
      this.#value,
      this.timestamp,
      this.#copyHeaders(),
      this.#batch,
      this.#index,
      null,
      this.#valueSerde,
      this.#batchHeaders,
    );
  }

  withValue<V2>(value: V2): StreamRecord<K, V2> {
    const copy = new StreamRecord<K, V2>(
      this.#key,
      value,
      this.timestamp,
      this.#copyHeaders(),
      this.#batch,
      this.#index,
      this.#keySerde,
      null,
      this.#batchHeaders,
    );
    copy.#keyIsFixed = this.#keyIsFixed;
    return copy;
  }

  /** @throws MR_TIMESTAMP_INVALID if the timestamp is not a whole number from 0 to `Number.MAX_SAFE_INTEGER`. */
  withTimestamp(timestamp: number): StreamRecord<K, V> {
    checkTimestamp(timestamp);
    const copy = new StreamRecord<K, V>(
      this.#key,
      this.#value,
      timestamp,
      this.#copyHeaders(),
      this.#batch,
      this.#index,
      this.#keySerde,
      this.#valueSerde,
      this.#batchHeaders,
    );
    copy.#keyIsFixed = this.#keyIsFixed;
    return copy;
  }

  /**
   * The headers are copied; text in them becomes UTF-8.
   *
   * @throws MR_ARGUMENT_INVALID for what is no list of headers
   */
  withHeaders(headers: Headers | readonly Header[]): StreamRecord<K, V> {
    const copy = new StreamRecord<K, V>(
      this.#key,
      this.#value,
      this.timestamp,
      Headers.of(headers),
      this.#batch,
      this.#index,
      this.#keySerde,
      this.#valueSerde,
      false,
    );
    copy.#keyIsFixed = this.#keyIsFixed;
    return copy;
  }

  /** @internal New key and value, the rest as here: one object instead of two. */
  withKeyValue<K2, V2>(key: K2, value: V2): StreamRecord<K2, V2> {
    return new StreamRecord<K2, V2>(
      key,
      value,
      this.timestamp,
      this.#copyHeaders(),
      this.#batch,
      this.#index,
      null,
      null,
      this.#batchHeaders,
    );
  }

  /** @internal New key, value and timestamp, the rest as here. */
  withKeyValueAt<K2, V2>(key: K2, value: V2, timestamp: number): StreamRecord<K2, V2> {
    return new StreamRecord<K2, V2>(key, value, timestamp, this.#copyHeaders(), this.#batch, this.#index, null, null, this.#batchHeaders);
  }

  /** @internal New value and timestamp, the rest as here. */
  withValueAt<V2>(value: V2, timestamp: number): StreamRecord<K, V2> {
    return new StreamRecord<K, V2>(
      this.#key,
      value,
      timestamp,
      this.#copyHeaders(),
      this.#batch,
      this.#index,
      this.#keySerde,
      null,
      this.#batchHeaders,
    );
  }

  /** @internal From here on the record, and what is made of it with its key, counts as one of the key that came in. */
  fixKey(): void {
    this.#keyIsFixed = true;
  }

  /** @internal */
  get keyIsFixed(): boolean {
    return this.#keyIsFixed;
  }

  /** @internal The batch whose bytes are the key as `serde` would write it, or null: then encode. Position: `keyStart(index)`. */
  keyBytesFor(serde: Serde<K>): FetchedRecords | null {
    return this.#keySerde !== null && sameFormat(this.#keySerde, serde) ? this.#batch : null;
  }

  /** @internal As {@link keyBytesFor}, for the value. */
  valueBytesFor(serde: Serde<V>): FetchedRecords | null {
    return this.#valueSerde !== null && sameFormat(this.#valueSerde, serde) ? this.#batch : null;
  }

  /** @internal Index of the record in the batch that `keyBytesFor` and `valueBytesFor` return. */
  get batchIndex(): number {
    return this.#index;
  }

  /** Copies the headers only where somebody has looked at them: those still in the batch nobody can have changed. */
  #copyHeaders(): Headers | null {
    return this.#headers === null ? null : this.#headers.copy();
  }

  #decodeKey(): K {
    const batch = this.#batch as FetchedRecords;
    const start = batch.keyStart(this.#index);
    // Null is a K wherever a topic has records without key; the serde is set while the key is undecoded.
    return start < 0 ? (null as K) : (this.#keySerde as Serde<K>).decode(batch.buffer, start, batch.keyEnd(this.#index));
  }

  #decodeValue(): V {
    const batch = this.#batch as FetchedRecords;
    const start = batch.valueStart(this.#index);
    return start < 0 ? (null as V) : (this.#valueSerde as Serde<V>).decode(batch.buffer, start, batch.valueEnd(this.#index));
  }
}

function sameFormat(a: Serde<never> | Serde<unknown>, b: Serde<never> | Serde<unknown>): boolean {
  return a === b || (a.format !== undefined && a.format === b.format);
}

function checkTimestamp(timestamp: number): void {
  if (Number.isSafeInteger(timestamp) && timestamp >= 0) return;
  throw new StreamsError(
    'MR_TIMESTAMP_INVALID',
    `a record's timestamp must be whole milliseconds since 1970 that are not negative, got ${describeValue(timestamp)}`,
  );
}
