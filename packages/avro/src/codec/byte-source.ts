/**
 * Reads Avro's binary encoding from a range of a buffer. Nothing is believed: every length is held against what is left before anything is made of it, so that bytes from a
 * hostile or broken producer end in an error and not in memory. One object is used for all records.
 */
import { serdes } from '@millrace/core';
import { AvroError } from '../errors.ts';

/** Records within records of the same type, as in a list or a tree. Each takes some stack. */
const maxNesting = 1_000;
/** Items that take no bytes (nulls, empty records) of one value: nothing else bounds them. */
const maxEmptyItems = 100_000;
/** Below this many bytes a loop in JavaScript is cheaper than a call into native code. */
const shortText = 12;
const shortBytes = 48;

const text = serdes.string();

export class ByteSource {
  buffer: Buffer = Buffer.alloc(0);
  position = 0;
  end = 0;
  #nesting = 0;
  #emptyItems = 0;

  open(buffer: Uint8Array, start: number, end: number): void {
    this.buffer = Buffer.isBuffer(buffer) ? buffer : Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.position = start;
    this.end = end;
    this.#nesting = 0;
    this.#emptyItems = 0;
  }

  /** Call at the end of a value. */
  finish(): void {
    if (this.position !== this.end) throw invalid(`${this.end - this.position} byte(s) are left behind the value`);
  }

  /** Call before a record that is inside another of its type; `leave` after it. */
  enter(): void {
    if (++this.#nesting > maxNesting) throw invalid(`records are nested more than ${maxNesting} deep`);
  }

  leave(): void {
    this.#nesting--;
  }

  readBoolean(): boolean {
    if (this.position >= this.end) throw truncated();
    const byte = this.buffer[this.position++] as number;
    if (byte > 1) throw invalid(`a boolean is the byte ${byte}`);
    return byte === 1;
  }

  readInt(): number {
    const { buffer, end } = this;
    let at = this.position;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) throw truncated();
      const byte = buffer[at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) break;
        this.position = at;
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw invalid('an int has more than 32 bits');
  }

  /** @throws MR_AVRO_LONG_UNSAFE beyond ±(2^53 − 1) */
  readLong(): number {
    const { buffer, end } = this;
    let at = this.position;
    if (at >= end) throw truncated();
    let byte = buffer[at++] as number;
    let low = byte & 0x7f;
    if (byte >= 0x80) {
      for (let shift = 7; shift < 28; shift += 7) {
        if (at >= end) throw truncated();
        byte = buffer[at++] as number;
        low |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      if (byte >= 0x80) return this.#readLongRest(at, low);
    }
    this.position = at;
    return (low >>> 1) ^ -(low & 1);
  }

  /** What stands behind the first 28 bits. Sums of the parts are exact below 2^53, and above it the value is refused. */
  #readLongRest(from: number, low: number): number {
    const upper = this.#readUpper(from);
    const magnitude = (low >>> 1) + upper * 0x800_0000;
    const isNegative = (low & 1) === 1;
    if (magnitude > Number.MAX_SAFE_INTEGER || (isNegative && magnitude === Number.MAX_SAFE_INTEGER)) {
      this.position = from - 4;
      const exact = this.readBigLong();
      throw new AvroError('MR_AVRO_LONG_UNSAFE', `the long ${exact} is beyond what a number holds; read it with { longs: 'bigint' }`);
    }
    return isNegative ? -magnitude - 1 : magnitude;
  }

  /** Bits 28 to 63 as a number; rounds where more than 53 bits are set, which happens only far beyond what is accepted. */
  #readUpper(from: number): number {
    const { buffer, end } = this;
    let at = from;
    let middle = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift > 35) throw invalid('a long has more than 64 bits');
      if (at >= end) throw truncated();
      const byte = buffer[at++] as number;
      if (shift < 28) middle |= (byte & 0x7f) << shift;
      else high |= (byte & 0x7f) << (shift - 28);
      if (byte < 0x80) break;
    }
    if (high > 0xff) throw invalid('a long has more than 64 bits');
    this.position = at;
    return middle + high * 0x1000_0000;
  }

  readBigLong(): bigint {
    const { buffer, end } = this;
    let at = this.position;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= end) throw truncated();
      const byte = buffer[at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (shift === 63n && byte > 1) break;
        this.position = at;
        return (value >> 1n) ^ -(value & 1n);
      }
    }
    throw invalid('a long has more than 64 bits');
  }

  /** A long where the reader's schema has a floating point number: rounds, as the specification's promotion does. */
  readLongAsDouble(): number {
    return Number(this.readBigLong());
  }

  readFloat(): number {
    return this.buffer.readFloatLE(this.#take(4));
  }

  readDouble(): number {
    return this.buffer.readDoubleLE(this.#take(8));
  }

  readString(): string {
    const length = this.#readLength();
    const start = this.#take(length);
    const { buffer } = this;
    const end = start + length;
    if (length <= shortText) {
      let ascii = '';
      let at = start;
      for (; at < end; at++) {
        const code = buffer[at] as number;
        if (code > 0x7f) break;
        ascii += String.fromCharCode(code);
      }
      if (at === end) return ascii;
    }
    return text.decode(buffer, start, end);
  }

  /** A copy. */
  readBytes(): Uint8Array {
    return this.readFixed(this.#readLength());
  }

  /** A copy. */
  readFixed(length: number): Uint8Array {
    const start = this.#take(length);
    if (length > shortBytes) return new Uint8Array(this.buffer.subarray(start, start + length));
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.buffer[start + i] as number;
    return bytes;
  }

  /** Index of a branch or symbol. */
  readIndex(count: number, what: string): number {
    const index = this.#readCount();
    if (index < 0 || index >= count) throw invalid(`the index ${index} of ${what} is none of 0 to ${count - 1}`);
    return index;
  }

  /**
   * How many items the next block has; 0 at the end.
   *
   * @param itemBytes the least that an item takes
   */
  readBlock(itemBytes: number): number {
    let count = this.#readCount();
    if (count < 0) {
      count = -count;
      // Blocks with a size can be skipped without looking at the items; here they are read, and the size need only be possible.
      this.#readLength();
    }
    if (itemBytes > 0) {
      if (count * itemBytes > this.end - this.position) throw invalid(`a block of ${count} items ends behind the value`);
    } else {
      this.#emptyItems += count;
      if (this.#emptyItems > maxEmptyItems) throw invalid(`there are more than ${maxEmptyItems} items that take no bytes`);
    }
    return count;
  }

  /** As {@link readBlock}; a block with a size is passed over at once and counts nothing. */
  skipBlock(itemBytes: number): number {
    for (;;) {
      const start = this.position;
      const count = this.#readCount();
      if (count >= 0) {
        this.position = start;
        return this.readBlock(itemBytes);
      }
      this.skip(this.#readLength());
    }
  }

  skip(length: number): void {
    this.#take(length);
  }

  skipLong(): void {
    const { buffer, end } = this;
    let at = this.position;
    for (const last = at + 10; at < last;) {
      if (at >= end) throw truncated();
      if ((buffer[at++] as number) < 0x80) {
        this.position = at;
        return;
      }
    }
    throw invalid('a long has more than 64 bits');
  }

  skipBytes(): void {
    this.#take(this.#readLength());
  }

  /** A long that counts bytes, items or branches: beyond 2^53 it is no value that a bigint would help with. */
  #readCount(): number {
    try {
      return this.readLong();
    } catch (error) {
      throw error instanceof AvroError && error.code === 'MR_AVRO_LONG_UNSAFE' ? invalid('a length or count is beyond 2^53') : error;
    }
  }

  #readLength(): number {
    const length = this.#readCount();
    if (length < 0 || length > this.end - this.position)
      throw invalid(`a length of ${length} where ${this.end - this.position} byte(s) are left`);
    return length;
  }

  #take(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw truncated();
    this.position = start + length;
    return start;
  }
}

function truncated(): AvroError {
  return invalid('the bytes end within the value');
}

function invalid(message: string): AvroError {
  return new AvroError('MR_AVRO_DATA_INVALID', message);
}
