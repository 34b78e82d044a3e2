/** A growing buffer that serdes write into, so that encoding a record allocates nothing. */

import { copyBytes } from './copy-bytes.ts';
import { wellFormed } from './well-formed.ts';

const initialBytes = 1024;
/** Views that end behind this are not kept. */
const maxKeptView = 256;
/** Below this many characters a loop in JavaScript is cheaper than a call into native code. */
const shortText = 32;

/**
 * Bytes written so far are `buffer[0, position)`. The buffer is replaced when it grows: read `buffer` again after every write.
 * `position` may be set back to reuse the space.
 */
export class ByteWriter {
  buffer: Buffer;
  position = 0;
  /** What `view` returned, by end; all of one buffer, and from one start. */
  #views: (Buffer | undefined)[] = [];
  #viewedBuffer: Buffer | undefined;
  #viewedFrom = 0;

  constructor(capacity: number = initialBytes) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.position + count;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.position);
    this.buffer = grown;
  }

  writeUint8(value: number): void {
    this.reserve(1);
    this.buffer[this.position++] = value;
  }

  /** 4 bytes, big endian, signed. */
  writeInt32(value: number): void {
    this.reserve(4);
    this.position = this.buffer.writeInt32BE(value, this.position);
  }

  /** 8 bytes, big endian, two's complement. `value` must be a safe integer. */
  writeInt64(value: number): void {
    this.reserve(8);
    const high = Math.floor(value / 0x1_0000_0000);
    this.position = this.buffer.writeInt32BE(high, this.position);
    this.position = this.buffer.writeUInt32BE(value - high * 0x1_0000_0000, this.position);
  }

  writeBigInt64(value: bigint): void {
    this.reserve(8);
    this.position = this.buffer.writeBigInt64BE(value, this.position);
  }

  writeFloat64(value: number): void {
    this.reserve(8);
    this.position = this.buffer.writeDoubleBE(value, this.position);
  }

  writeBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** Copies `source[start, end)`. */
  writeRange(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    this.buffer.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.position);
    this.position += end - start;
  }

  /** UTF-8. Lone surrogates become `?`, as in Java. */
  writeUtf8(text: string): void {
    // Three bytes is the most that one UTF-16 unit takes.
    this.reserve(text.length * 3);
    if (text.length <= shortText && this.#writeAscii(text)) return;
    const written = this.buffer.write(text, this.position, 'utf8');
    // As many bytes as characters are ASCII alone. Among others there can be lone surrogates, which Node writes as three bytes.
    const sound = written === text.length ? text : wellFormed(text);
    this.position += sound === text ? written : this.buffer.write(sound, this.position, 'utf8');
  }

  /** Writes text of ASCII alone; false, and nothing written, for any other. */
  #writeAscii(text: string): boolean {
    const { buffer } = this;
    let at = this.position;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[at++] = code;
    }
    this.position = at;
    return true;
  }

  /** `buffer[start, position)` without a copy: good until something is written there. Asked again for the same bounds it is the same view, so that writing many rows makes no garbage. */
  view(start: number): Uint8Array {
    const { buffer, position } = this;
    if (position > maxKeptView) return buffer.subarray(start, position);
    if (this.#viewedBuffer !== buffer || this.#viewedFrom !== start) {
      this.#viewedBuffer = buffer;
      this.#viewedFrom = start;
      this.#views = Array.from({ length: maxKeptView + 1 });
    }
    return (this.#views[position] ??= buffer.subarray(start, position));
  }

  /** A copy of everything written. */
  toBytes(): Uint8Array {
    return copyBytes(this.buffer, 0, this.position);
  }
}
