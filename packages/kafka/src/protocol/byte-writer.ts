/** A growing buffer with the protocol's scalar encodings. Big-endian, as all of Kafka. */
import { Buffer } from 'node:buffer';

/** What went wrong at one value; the message codec adds API, version and path and makes a ProtocolError of it. */
export class ValueFault extends Error {
  /** Built from the inside out while the error travels up. */
  path = '';

  under(name: string): this {
    this.path = this.path === '' || this.path.startsWith('[') ? name + this.path : `${name}.${this.path}`;
    return this;
  }
}

const twoTo32 = 4294967296;

export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#buffer = Buffer.allocUnsafeSlow(capacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes so far; a view that the next write may leave behind. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset, this.#length);
  }

  #reserve(size: number): number {
    const at = this.#length;
    const end = at + size;
    if (end > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, end + 64));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
    }
    this.#length = end;
    return at;
  }

  boolean(value: boolean): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value ? 1 : 0;
  }

  int8(value: number): void {
    integer(value, -0x80, 0x7f);
    const at = this.#reserve(1);
    this.#buffer[at] = value;
  }

  int16(value: number): void {
    integer(value, -0x8000, 0x7fff);
    const at = this.#reserve(2);
    this.#buffer.writeInt16BE(value, at);
  }

  uint16(value: number): void {
    integer(value, 0, 0xffff);
    const at = this.#reserve(2);
    this.#buffer.writeUInt16BE(value, at);
  }

  int32(value: number): void {
    integer(value, -0x80000000, 0x7fffffff);
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
  }

  uint32(value: number): void {
    integer(value, 0, 0xffffffff);
    const at = this.#reserve(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new ValueFault(`${value} is no safe integer`);
    const at = this.#reserve(8);
    const high = Math.floor(value / twoTo32);
    this.#buffer.writeInt32BE(high, at);
    this.#buffer.writeUInt32BE(value - high * twoTo32, at + 4);
  }

  float64(value: number): void {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  /** Unsigned LEB128, below 2^32. */
  varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      const at = this.#reserve(1);
      this.#buffer[at] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    const at = this.#reserve(1);
    this.#buffer[at] = rest;
  }

  raw(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
  }

  uuid(value: string): void {
    const bytes = Buffer.from(value, 'base64url');
    // Buffer ignores what is no base64; writing it back shows whether anything was ignored.
    if (bytes.length !== 16 || bytes.toString('base64url') !== value) throw new ValueFault(`"${value}" is no uuid in base64url`);
    this.raw(bytes);
  }

  string(value: string): void {
    const size = Buffer.byteLength(value);
    if (size > 0x7fff) throw new ValueFault(`a string of ${size} bytes is over the limit of 32767`);
    this.int16(size);
    const at = this.#reserve(size);
    this.#buffer.write(value, at, 'utf8');
  }

  compactString(value: string): void {
    const size = Buffer.byteLength(value);
    if (size > 0x7fff) throw new ValueFault(`a string of ${size} bytes is over the limit of 32767`);
    this.varint(size + 1);
    const at = this.#reserve(size);
    this.#buffer.write(value, at, 'utf8');
  }

  sizedBytes(value: Uint8Array): void {
    this.int32(value.length);
    this.raw(value);
  }

  compactBytes(value: Uint8Array): void {
    this.varint(value.length + 1);
    this.raw(value);
  }
}

function integer(value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) throw new ValueFault(`${value} is no integer from ${min} to ${max}`);
}
