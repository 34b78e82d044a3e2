/**
 * A buffered record as Java writes it into changelogs of buffers: the context of the record, then prior, old and new value, then the time it is buffered under.
 * Kafka Streams: `BufferValue`, `ProcessorRecordContext` (format version 3).
 */
import { Headers, type Header } from '../headers.ts';
import type { ByteWriter } from '../serde/byte-writer.ts';
import type { RawRecord, RecordContext } from './record-context.ts';

/** Where a buffered record came from, restored while it is forwarded. */
export interface BufferedContext {
  readonly timestamp: number;
  readonly offset: number;
  /** Null for a record of a punctuation. */
  readonly topic: string | null;
  readonly partition: number;
  readonly headers: Headers | null;
  /** Not in the changelog: a restart forgets it, as in Kafka Streams. */
  readonly raw?: RawRecord | null | undefined;
}

export interface BufferedRecord {
  readonly context: BufferedContext;
  /** What downstream has of the key. */
  readonly prior: Uint8Array | null;
  readonly old: Uint8Array | null;
  readonly value: Uint8Array | null;
}

const absent = -1;
/** The old value is the prior one. */
const sameAsPrior = -2;

export function captureContext(context: RecordContext): BufferedContext {
  const { timestamp, offset, topic, partition, headers } = context;
  return { timestamp, offset, topic, partition, headers };
}

/** Bytes as Kafka Streams counts them for `maxBytes`, without key and time. */
export function bufferedBytes({ context, prior, old, value }: BufferedRecord): number {
  let bytes = 8 + 8 + 4 + (context.topic?.length ?? 0);
  if (context.headers !== null) for (const header of context.headers) bytes += header.key.length + (header.value?.length ?? 0);
  return bytes + (prior?.length ?? 0) + (old === null || sameBytes(prior, old) ? 0 : old.length) + (value?.length ?? 0);
}

/** As Java writes it. */
const noEnd = 0x7fff_ffff_ffff_ffffn;

export function encodeBuffered(record: BufferedRecord, time: number, writer: ByteWriter): void {
  const { context, prior, old, value } = record;
  writer.writeInt64(context.timestamp);
  writer.writeInt64(context.offset);
  writeSized(writer, Buffer.from(context.topic ?? ''));
  writer.writeInt32(context.partition);
  const headers = context.headers?.toArray() ?? [];
  writer.writeInt32(headers.length);
  for (const header of headers) {
    writeSized(writer, Buffer.from(header.key));
    writeSized(writer, header.value);
  }
  writeSized(writer, prior);
  if (old !== null && sameBytes(prior, old)) writer.writeInt32(sameAsPrior);
  else writeSized(writer, old);
  writeSized(writer, value);
  // The end of a window without end.
  if (time === Number.POSITIVE_INFINITY) writer.writeBigInt64(noEnd);
  else writer.writeInt64(time);
}

/** Undefined if the bytes are no buffered record. */
export function decodeBuffered(bytes: Uint8Array): { readonly record: BufferedRecord; readonly time: number } | undefined {
  const reader = new Reader(bytes);
  try {
    const timestamp = reader.int64();
    const offset = reader.int64();
    const topic = reader.sized();
    const partition = reader.int32();
    const count = reader.int32();
    const headers: Header[] = [];
    for (let i = 0; i < count; i++) {
      const key = reader.sized();
      if (key === null) return undefined;
      headers.push({ key: Buffer.from(key).toString('utf8'), value: reader.sized() });
    }
    const prior = reader.sized();
    const oldLength = reader.int32();
    const old = oldLength === sameAsPrior ? prior : reader.bytes(oldLength);
    const value = reader.sized();
    const written = reader.int64();
    const time = written >= Number(noEnd) ? Number.POSITIVE_INFINITY : written;
    if (topic === null || !reader.ended) return undefined;
    const text = Buffer.from(topic).toString('utf8');
    const context = {
      timestamp,
      offset,
      topic: text === '' ? null : text,
      partition,
      headers: headers.length === 0 ? null : Headers.trusted(headers),
    };
    return { record: { context, prior, old, value }, time };
  } catch (error) {
    // What ends too early was not written by this format.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function writeSized(writer: ByteWriter, bytes: Uint8Array | null): void {
  if (bytes === null) {
    writer.writeInt32(absent);
    return;
  }
  writer.writeInt32(bytes.length);
  writer.writeBytes(bytes);
}

function sameBytes(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && (a === b || Buffer.compare(a, b) === 0);
}

/** Throws a RangeError behind the end. */
class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get ended(): boolean {
    return this.#at === this.#buffer.length;
  }

  int32(): number {
    const value = this.#buffer.readInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  int64(): number {
    const value = this.#buffer.readBigInt64BE(this.#at);
    this.#at += 8;
    return Number(value);
  }

  sized(): Uint8Array | null {
    return this.bytes(this.int32());
  }

  bytes(length: number): Uint8Array | null {
    if (length === absent) return null;
    const end = this.#at + length;
    if (length < 0 || end > this.#buffer.length) throw new RangeError('a length beyond the end');
    const bytes = new Uint8Array(this.#buffer.subarray(this.#at, end));
    this.#at = end;
    return bytes;
  }
}
