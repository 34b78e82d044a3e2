/**
 * How rows with a time lie in the engine: the store's prefix, the segment, then the key as it stands in the changelog: key bytes, time, and what tells rows of one
 * key and time apart (the window store's sequence number, 4 bytes; the session's start, 8 bytes). A row is encoded once, for engine and changelog; a segment that
 * has expired is one range. Kafka Streams: `WindowKeySchema`, `SessionKeySchema` (WS-03, WS-04).
 */
import { ByteWriter } from '../serde/byte-writer.ts';
import { readTimestamp } from './key-bytes.ts';

const segmentBytes = 6;
const timeBytes = 8;

/** 4: a sequence number, 8: a time. */
export type MinorBytes = 4 | 8;

export class TimedLayout {
  /** Where the changelog's key begins in an engine's key. */
  readonly keyStart: number;
  /** Length of what stands behind the key's own bytes. */
  readonly suffixBytes: number;
  readonly #prefix: Uint8Array;
  readonly #minorBytes: MinorBytes;

  constructor(prefix: Uint8Array, minorBytes: MinorBytes) {
    this.#prefix = prefix;
    this.#minorBytes = minorBytes;
    this.keyStart = prefix.length + segmentBytes;
    this.suffixBytes = timeBytes + minorBytes;
  }

  /** A writer that holds the store's prefix and room for a segment: set `position` to {@link keyStart} and write a key. */
  writer(): ByteWriter {
    const writer = new ByteWriter();
    writer.writeBytes(this.#prefix);
    writer.reserve(segmentBytes);
    writer.position = this.keyStart;
    return writer;
  }

  /** Completes the key that stands in the writer. */
  finish(writer: ByteWriter, segment: number, time: number, minor: number): void {
    writer.reserve(this.suffixBytes);
    const buffer = writer.buffer;
    buffer.writeUIntBE(segment, this.#prefix.length, segmentBytes);
    const at = writer.position;
    writeTime(buffer, at, time);
    if (this.#minorBytes === 4) buffer.writeUInt32BE(minor, at + timeBytes);
    else writeTime(buffer, at + timeBytes, minor);
    writer.position = at + this.suffixBytes;
  }

  /** The time in a changelog key that ends at `end`. */
  timeAt(bytes: Uint8Array, end: number): number {
    return readTimestamp(bytes.subarray(end - this.suffixBytes, end));
  }

  minorAt(bytes: Uint8Array, end: number): number {
    if (this.#minorBytes === 8) return readTimestamp(bytes.subarray(end - timeBytes, end));
    return Buffer.from(bytes.buffer, bytes.byteOffset + end - 4, 4).readUInt32BE(0);
  }

  segmentAt(engineKey: Uint8Array): number {
    return Buffer.from(engineKey.buffer, engineKey.byteOffset, engineKey.length).readUIntBE(this.#prefix.length, segmentBytes);
  }

  /** First engine key of a segment. */
  segmentStart(segment: number): Uint8Array {
    const key = Buffer.alloc(this.keyStart);
    key.set(this.#prefix);
    key.writeUIntBE(segment, this.#prefix.length, segmentBytes);
    return key;
  }

  /** Behind every row. */
  get rowsEnd(): Uint8Array {
    return Buffer.from([...this.#prefix, 0xff]);
  }

  /** The one entry of the store that is no row. */
  get metaKey(): Uint8Array {
    return Buffer.from([...this.#prefix, 0xff, 0]);
  }
}

function writeTime(buffer: Buffer, at: number, time: number): void {
  const high = Math.floor(time / 0x1_0000_0000);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(time - high * 0x1_0000_0000, at + 4);
}
