/**
 * A fetched batch as an indexed view over its bytes: no object per record, headers read only when somebody asks.
 *
 * Made by whoever has bytes (the record-batch decoder, the test driver), read by the task. Everything is addressed by the record's index.
 * The buffer belongs to the view: it must not change after the view was made, and whoever keeps a slice of it for long copies the slice.
 */
import { type Header, Headers } from '../headers.ts';
import type { TopicPartition } from './topic-partition.ts';

/** Positions of record i in `positions`: key start, key end, value start, value end, headers start; a start of -1 means null. */
export const positionsPerRecord = 5;

/** The columns of a view, one entry a record. */
export interface RecordColumns {
  readonly buffer: Uint8Array;
  readonly offsets: Float64Array;
  readonly timestamps: Float64Array;
  /** {@link positionsPerRecord} numbers a record, into `buffer`. Headers start: at the varint that counts them, or -1 for none. */
  readonly positions: Int32Array;
}

/** The visible records of one partition, in offset order, and the position after them. */
export class FetchedRecords {
  readonly tp: TopicPartition;
  readonly count: number;
  /** Where the next fetch starts: behind control records, aborted data, compaction gaps and empty batches. */
  readonly nextOffset: number;
  readonly buffer: Uint8Array;
  readonly #offsets: Float64Array;
  readonly #timestamps: Float64Array;
  readonly #positions: Int32Array;

  constructor(tp: TopicPartition, count: number, nextOffset: number, columns: RecordColumns) {
    this.tp = tp;
    this.count = count;
    this.nextOffset = nextOffset;
    // A Buffer decodes text in place; made once a batch, not once a record.
    this.buffer = asBuffer(columns.buffer);
    this.#offsets = columns.offsets;
    this.#timestamps = columns.timestamps;
    this.#positions = columns.positions;
  }

  offset(index: number): number {
    return this.#offsets[index] as number;
  }

  /** Milliseconds since 1970; -1 if the record has none. */
  timestamp(index: number): number {
    return this.#timestamps[index] as number;
  }

  /** -1 if the key is null. */
  keyStart(index: number): number {
    return this.#positions[index * positionsPerRecord] as number;
  }

  keyEnd(index: number): number {
    return this.#positions[index * positionsPerRecord + 1] as number;
  }

  /** -1 if the value is null. */
  valueStart(index: number): number {
    return this.#positions[index * positionsPerRecord + 2] as number;
  }

  valueEnd(index: number): number {
    return this.#positions[index * positionsPerRecord + 3] as number;
  }

  /** A view of the key's bytes, null if there is none. */
  key(index: number): Uint8Array | null {
    const start = this.keyStart(index);
    return start < 0 ? null : this.buffer.subarray(start, this.keyEnd(index));
  }

  /** A view of the value's bytes, null if there is none. */
  value(index: number): Uint8Array | null {
    const start = this.valueStart(index);
    return start < 0 ? null : this.buffer.subarray(start, this.valueEnd(index));
  }

  hasHeaders(index: number): boolean {
    return this.headersStart(index) >= 0;
  }

  /** At the varint that counts the headers; -1 if there are none. */
  headersStart(index: number): number {
    return this.#positions[index * positionsPerRecord + 4] as number;
  }

  /** Decodes the headers; their values are copies. */
  headers(index: number): Headers {
    const start = this.headersStart(index);
    return start < 0 ? new Headers() : Headers.trusted(decodeHeaders(this.buffer, start));
  }

  /** Bytes of key and value, for buffer limits. */
  size(index: number): number {
    const keyStart = this.keyStart(index);
    const valueStart = this.valueStart(index);
    return (keyStart < 0 ? 0 : this.keyEnd(index) - keyStart) + (valueStart < 0 ? 0 : this.valueEnd(index) - valueStart);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads headers in the layout of record batch v2: a zig-zag varint count, then key and value, each with a zig-zag varint length. */
function decodeHeaders(buffer: Uint8Array, start: number): readonly Header[] {
  let at = start;
  const varint = (): number => {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = buffer[at++] as number;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return (result >>> 1) ^ -(result & 1);
  };
  const count = varint();
  const headers: Header[] = [];
  for (let i = 0; i < count; i++) {
    const keyLength = varint();
    const key = Buffer.from(buffer.buffer, buffer.byteOffset + at, keyLength).toString('utf8');
    at += keyLength;
    const valueLength = varint();
    let value: Uint8Array | null = null;
    if (valueLength >= 0) {
      // A Buffer's own `slice` would share its memory.
      value = new Uint8Array(buffer.subarray(at, at + valueLength));
      at += valueLength;
    }
    headers.push({ key, value });
  }
  return headers;
}
