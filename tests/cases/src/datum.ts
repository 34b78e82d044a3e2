/** One key or value of a case: null, text, a 64-bit integer, bytes, or one of these in a window; with its JSON and the conversions that the format defines. */
import { crc32 as crc32Of } from 'node:zlib';
import { Windowed } from '@millrace/core';
import { CaseFormatError, isObject, type Json } from './json.ts';
import { windowText } from './windowed-key.ts';

export type Datum = null | string | bigint | Uint8Array | Windowed<Inner>;

/** What can be inside a window. */
export type Inner = string | bigint | Uint8Array;

/** A datum that is there. */
export type Present = NonNullable<Datum>;

/** The datum that a value of the DSL stands for: counts are numbers there, and what is absent is undefined. */
export function datumOf(value: unknown): Datum {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'bigint' || value instanceof Uint8Array) return value;
  // Windows of a case are around its data.
  if (value instanceof Windowed) return value as Windowed<Inner>;
  if (typeof value === 'number') return BigInt(value);
  throw new TypeError(`not a datum: ${Object.prototype.toString.call(value)}`);
}

export function datumFromJson(json: Json | undefined): Datum {
  if (json === null || json === undefined) return null;
  if (typeof json === 'string') return json;
  if (isObject(json)) {
    const { i64, b64 } = json;
    if (typeof i64 === 'string') return BigInt(i64);
    if (typeof b64 === 'string') return new Uint8Array(Buffer.from(b64, 'base64'));
  }
  throw new CaseFormatError(`not a datum: ${JSON.stringify(json)}`);
}

export function datumToJson(datum: Datum): Json {
  if (typeof datum === 'bigint') return { i64: datum.toString() };
  if (datum instanceof Uint8Array) return { b64: base64(datum) };
  return datum instanceof Windowed ? text(datum) : datum;
}

/** Bytes on a topic. */
export function datumToBytes(datum: Datum): Uint8Array | null {
  if (datum === null || datum instanceof Uint8Array) return datum;
  if (typeof datum !== 'bigint') return Buffer.from(text(datum));
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(datum);
  return bytes;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** `text(x)` of the format. */
export function text(datum: Datum): string {
  if (datum === null) return 'null';
  if (typeof datum === 'string') return datum;
  if (datum instanceof Windowed) return text(datum.key) + windowText(datum.window);
  return typeof datum === 'bigint' ? datum.toString() : base64(datum);
}

/** `i64(x)` of the format: the ASCII digits of the text, negative if it starts with a minus, wrapping around at 64 bits. */
export function i64(datum: Datum): bigint {
  if (datum === null) return 0n;
  if (typeof datum === 'bigint') return datum;
  const digits = text(datum);
  let n = 0n;
  for (const character of digits) if (character >= '0' && character <= '9') n = wrap(n * 10n + BigInt(character));
  return digits.startsWith('-') ? wrap(-n) : n;
}

/** Two's complement in 64 bits. */
export function wrap(n: bigint): bigint {
  return BigInt.asIntN(64, n);
}

/** `crc32(x)` of the format. */
export function crc32(datum: Datum): number {
  return crc32Of(Buffer.from(text(datum)));
}

/** The text cut into code points. */
export function codePoints(value: string): readonly string[] {
  return Array.from(value);
}

/** The first `count` code points. */
export function prefixOf(value: string, count: number): string {
  return codePoints(value).slice(0, count).join('');
}
