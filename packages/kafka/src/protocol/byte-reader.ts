/** A cursor over received bytes. Every length is checked against what is left before anything is made of it. */
import { Buffer } from 'node:buffer';
import { ValueFault } from './byte-writer.ts';

const twoTo32 = 4294967296;

export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  /** Moves past `size` bytes and returns where they start. */
  #take(size: number): number {
    const at = this.#at;
    const next = at + size;
    if (next > this.#end) throw new ValueFault(`${size} bytes are needed at byte ${at}, ${this.#end - at} are left`);
    this.#at = next;
    return at;
  }

  /** Runs `read` on the next `size` bytes only, and asks that it uses them up. */
  within<T>(size: number, read: () => T): T {
    if (size > this.remaining) throw new ValueFault(`${size} bytes are announced at byte ${this.#at}, ${this.remaining} are left`);
    const outer = this.#end;
    this.#end = this.#at + size;
    const value = read();
    if (this.#at !== this.#end) throw new ValueFault(`${this.#end - this.#at} bytes are left over at byte ${this.#at}`);
    this.#end = outer;
    return value;
  }

  skip(size: number): void {
    this.#take(size);
  }

  boolean(): boolean {
    return this.#buffer[this.#take(1)] !== 0;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2));
  }

  uint16(): number {
    return this.#buffer.readUInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  int64(): number {
    const at = this.#take(8);
    const value = this.#buffer.readInt32BE(at) * twoTo32 + this.#buffer.readUInt32BE(at + 4);
    if (!Number.isSafeInteger(value)) throw new ValueFault(`the int64 at byte ${at} is beyond 2^53 - 1`);
    return value;
  }

  float64(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  /** Unsigned LEB128, at most five bytes, below 2^32. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 5; count++) {
      const byte = this.#buffer.readUInt8(this.#take(1));
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value >= twoTo32) break;
        return value;
      }
      scale *= 128;
    }
    throw new ValueFault(`the variable-length integer before byte ${this.#at} has more than 32 bits`);
  }

  uuid(): string {
    const at = this.#take(16);
    return this.#buffer.toString('base64url', at, at + 16);
  }

  utf8(size: number): string {
    const at = this.#take(size);
    return this.#buffer.toString('utf8', at, at + size);
  }

  /** A view, not a copy. */
  view(size: number): Uint8Array {
    const at = this.#take(size);
    return new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset + at, size);
  }

  /** Length of a string: -1 = null. */
  stringSize(): number {
    return atLeast(this.int16());
  }

  /** Length of bytes or an array: -1 = null. */
  size(): number {
    return atLeast(this.int32());
  }

  /** Compact length of a string, bytes or an array: -1 = null. */
  compactSize(): number {
    return this.varint() - 1;
  }
}

function atLeast(size: number): number {
  if (size < -1) throw new ValueFault(`a length of ${size}`);
  return size;
}
