/**
 * What the task is doing right now, as far as stores and nodes must know it: the input record's place, and the timestamp and headers that follow the record through the
 * nodes (S-200). One mutable object a task: a context object per record would be the largest allocation of the path.
 * Kafka Streams: `ProcessorRecordContext`.
 */
import type { Headers } from '../headers.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { StreamRecord } from '../record.ts';

/** A store that can load the rows of many keys in one call. */
export interface Prefetchable {
  /** Returns how many rows it had to load. */
  prefetch(keys: readonly unknown[]): number;
}

/** Key and value of an input record as they came. */
export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

export class RecordContext {
  /** The task is in a call: stores may be written, records forwarded. Stores without a task are always open. */
  open = true;
  /** The task was closed or aborted and has not started again: handles of its stores that others hold read nothing. */
  closed = false;
  /** False before the first record, and while processors are initialised. */
  defined = false;
  /** Null in a punctuation. */
  topic: string | null = null;
  partition = -1;
  offset = -1;
  /** Of the record that is being forwarded; the punctuation's time in a punctuation. */
  timestamp = 0;
  /** The record whose headers are the context's; null in a punctuation. */
  record: StreamRecord<unknown, unknown> | null = null;
  /** The record that came from the topic; null in a punctuation. */
  input: StreamRecord<unknown, unknown> | null = null;
  /** A store that did not have the row of the input's key at hand. */
  missed: Prefetchable | null = null;
  /** The input record's bytes, for error handlers; null where there is none. */
  batch: FetchedRecords | null = null;
  index = 0;
  /** What stands in for `batch` while a row goes on that waited in a cache or buffer; null where nothing was kept with it. */
  raw: RawRecord | null = null;
  /** A sink took the record that is being forwarded: Kafka Streams lets go of the input's bytes then (`freeRawRecord`), and a dead letter has none. */
  written = false;
  /** Rows that wait keep their input's bytes, for the dead letters of what fails when they go on. Set once: costs a copy of each such record. */
  keepsRaw = false;

  /** Headers of the record in progress, without making an object for their absence. */
  get headers(): Headers | null {
    return this.record === null ? null : this.record.headersOrNull;
  }

  /** The bytes to keep with a row that waits. A copy, so that it does not hold a whole batch. */
  captureRaw(): RawRecord | null {
    if (!this.keepsRaw || this.written) return null;
    const { batch, index } = this;
    if (batch === null) return this.raw;
    return { key: copyOf(batch.key(index)), value: copyOf(batch.value(index)) };
  }

  /** Back to the state before the first record. */
  clear(): void {
    this.defined = false;
    this.topic = null;
    this.partition = -1;
    this.offset = -1;
    this.timestamp = 0;
    this.record = null;
    this.input = null;
    this.missed = null;
    this.batch = null;
    this.index = 0;
    this.raw = null;
    this.written = false;
  }
}

/** Bytes that are kept for it. */
export function rawLength(raw: RawRecord | null | undefined): number {
  return (raw?.key?.length ?? 0) + (raw?.value?.length ?? 0);
}

function copyOf(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : new Uint8Array(bytes);
}
