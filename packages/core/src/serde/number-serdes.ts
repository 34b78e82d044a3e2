/** Numbers of fixed width, big endian as Java's serializers write them. Wrong sizes and values out of range throw: nothing is rounded or cut. */
import type { ByteWriter } from './byte-writer.ts';
import type { Serde } from './serde.ts';
import { wrongType } from './wrong-type.ts';

function viewOf(buffer: Uint8Array): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function checkSize(name: string, bytes: number, start: number, end: number): void {
  if (end - start !== bytes) throw new RangeError(`the ${name} serde reads ${bytes} bytes, got ${end - start}`);
}

function checkInteger(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    if (typeof value !== 'number') throw wrongType(`the ${name} serde writes integers from ${low} to ${high}`, value);
    throw new RangeError(`the ${name} serde writes integers from ${low} to ${high}, got ${String(value)}`);
  }
}

function checkNumber(name: string, value: number): void {
  if (typeof value !== 'number') throw wrongType(`the ${name} serde writes numbers`, value);
}

function int32(buffer: Uint8Array, at: number): number {
  return (
    ((buffer[at] as number) << 24) | ((buffer[at + 1] as number) << 16) | ((buffer[at + 2] as number) << 8) | (buffer[at + 3] as number)
  );
}

/** What the number serdes share: all are immutable primitives whose every byte string of the right size is canonical, but for NaN and -0. */
abstract class NumberSerde<T> implements Serde<T> {
  readonly immutable = true;
  abstract readonly primitive: boolean;
  abstract readonly format: string;
  abstract decode(buffer: Uint8Array, start: number, end: number): T;
  abstract encodeInto(value: T, writer: ByteWriter): void;
  abstract isCanonical(buffer: Uint8Array, start: number, end: number): boolean;
}

const safeHigh = 0x1f_ffff;

class LongSerde extends NumberSerde<number> {
  readonly primitive = true;
  readonly format = 'int64';

  decode(buffer: Uint8Array, start: number, end: number): number {
    checkSize('long', 8, start, end);
    const high = int32(buffer, start);
    const low = int32(buffer, start + 4) >>> 0;
    const value = high * 0x1_0000_0000 + low;
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
      const exact = viewOf(buffer).getBigInt64(start);
      throw new RangeError(`the long serde reads integers within 2^53, got ${exact}; serdes.bigint64() reads all of them`);
    }
    return value;
  }

  encodeInto(value: number, writer: ByteWriter): void {
    if (!Number.isSafeInteger(value)) {
      if (typeof value !== 'number') throw wrongType('the long serde writes integers within 2^53', value);
      throw new RangeError(`the long serde writes integers within 2^53, got ${String(value)}`);
    }
    writer.writeInt64(value);
  }

  isCanonical(buffer: Uint8Array, start: number, end: number): boolean {
    if (end - start !== 8) return false;
    const high = int32(buffer, start);
    if (high > safeHigh || high < -safeHigh - 1) return false;
    // -2^53 itself is not a safe integer.
    return high !== -safeHigh - 1 || int32(buffer, start + 4) !== 0;
  }
}

class Bigint64Serde extends NumberSerde<bigint> {
  readonly primitive = true;
  readonly format = 'bigint64';

  decode(buffer: Uint8Array, start: number, end: number): bigint {
    checkSize('bigint64', 8, start, end);
    return viewOf(buffer).getBigInt64(start);
  }

  encodeInto(value: bigint, writer: ByteWriter): void {
    if (typeof value !== 'bigint') throw wrongType('the bigint64 serde writes bigints', value);
    if (BigInt.asIntN(64, value) !== value) throw new RangeError(`the bigint64 serde writes integers of 64 bits, got ${String(value)}`);
    writer.writeBigInt64(value);
  }

  isCanonical(_buffer: Uint8Array, start: number, end: number): boolean {
    return end - start === 8;
  }
}

class IntegerSerde extends NumberSerde<number> {
  readonly primitive = true;
  readonly format = 'int32';

  decode(buffer: Uint8Array, start: number, end: number): number {
    checkSize('integer', 4, start, end);
    return int32(buffer, start);
  }

  encodeInto(value: number, writer: ByteWriter): void {
    checkInteger('integer', value, -0x8000_0000, 0x7fff_ffff);
    writer.writeInt32(value);
  }

  isCanonical(_buffer: Uint8Array, start: number, end: number): boolean {
    return end - start === 4;
  }
}

class ShortSerde extends NumberSerde<number> {
  readonly primitive = true;
  readonly format = 'int16';

  decode(buffer: Uint8Array, start: number, end: number): number {
    checkSize('short', 2, start, end);
    return viewOf(buffer).getInt16(start);
  }

  encodeInto(value: number, writer: ByteWriter): void {
    checkInteger('short', value, -0x8000, 0x7fff);
    writer.writeUint8((value >> 8) & 0xff);
    writer.writeUint8(value & 0xff);
  }

  isCanonical(_buffer: Uint8Array, start: number, end: number): boolean {
    return end - start === 2;
  }
}

/** Floating point: NaN has many byte forms and -0 equals 0, so values do not stand for their bytes and are no map keys. */
class DoubleSerde extends NumberSerde<number> {
  readonly primitive = false;
  readonly format = 'float64';

  decode(buffer: Uint8Array, start: number, end: number): number {
    checkSize('double', 8, start, end);
    return viewOf(buffer).getFloat64(start);
  }

  encodeInto(value: number, writer: ByteWriter): void {
    checkNumber('double', value);
    writer.writeFloat64(value);
  }

  isCanonical(buffer: Uint8Array, start: number, end: number): boolean {
    return end - start === 8 && !Number.isNaN(viewOf(buffer).getFloat64(start));
  }
}

class FloatSerde extends NumberSerde<number> {
  readonly primitive = false;
  readonly format = 'float32';
  readonly #scratch = new DataView(new ArrayBuffer(4));

  decode(buffer: Uint8Array, start: number, end: number): number {
    checkSize('float', 4, start, end);
    return viewOf(buffer).getFloat32(start);
  }

  encodeInto(value: number, writer: ByteWriter): void {
    checkNumber('float', value);
    this.#scratch.setFloat32(0, value);
    writer.writeInt32(this.#scratch.getInt32(0));
  }

  isCanonical(buffer: Uint8Array, start: number, end: number): boolean {
    return end - start === 4 && !Number.isNaN(viewOf(buffer).getFloat32(start));
  }
}

/** One byte, 0 or 1. */
class BooleanSerde extends NumberSerde<boolean> {
  readonly primitive = true;
  readonly format = 'boolean';

  decode(buffer: Uint8Array, start: number, end: number): boolean {
    checkSize('boolean', 1, start, end);
    const byte = buffer[start];
    if (byte !== 0 && byte !== 1) throw new RangeError(`the boolean serde reads 0 or 1, got ${byte}`);
    return byte === 1;
  }

  encodeInto(value: boolean, writer: ByteWriter): void {
    if (typeof value !== 'boolean') throw wrongType('the boolean serde writes booleans', value);
    writer.writeUint8(value ? 1 : 0);
  }

  isCanonical(buffer: Uint8Array, start: number, end: number): boolean {
    return end - start === 1 && (buffer[start] === 0 || buffer[start] === 1);
  }
}

export const longSerde: Serde<number> = new LongSerde();
export const bigint64Serde: Serde<bigint> = new Bigint64Serde();
export const integerSerde: Serde<number> = new IntegerSerde();
export const shortSerde: Serde<number> = new ShortSerde();
export const doubleSerde: Serde<number> = new DoubleSerde();
export const floatSerde: Serde<number> = new FloatSerde();
export const booleanSerde: Serde<boolean> = new BooleanSerde();
