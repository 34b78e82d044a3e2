/** Writes Avro's binary encoding into the writer that core hands to serdes. */
import type { ByteWriter } from '@millrace/core';

const longestVarint = 10;
/** Text of so few characters has a length of one byte if it is ASCII. */
const shortText = 63;

/** A number that is an int or a safe long; the caller has looked. */
export function writeVarint(writer: ByteWriter, value: number): void {
  writer.reserve(longestVarint);
  const { buffer } = writer;
  let at = writer.position;
  if (value >= -0x4000_0000 && value < 0x4000_0000) {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    writer.position = at;
    return;
  }
  // The zig-zag of a safe integer may have 54 bits: its lowest ones are made apart from the rest, so that nothing is rounded.
  const magnitude = value < 0 ? -value - 1 : value;
  const upper = Math.floor(magnitude / 64);
  buffer[at++] = ((magnitude - upper * 64) << 1) | (value < 0 ? 1 : 0) | 0x80;
  let rest = upper;
  while (rest > 0x7f) {
    const higher = Math.floor(rest / 128);
    buffer[at++] = (rest - higher * 128) | 0x80;
    rest = higher;
  }
  buffer[at++] = rest;
  writer.position = at;
}

/** A bigint of 64 bits; the caller has looked. */
export function writeBigVarint(writer: ByteWriter, value: bigint): void {
  writer.reserve(longestVarint);
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  while (rest > 0x7fn) {
    writer.buffer[writer.position++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  writer.buffer[writer.position++] = Number(rest);
}

export function writeText(writer: ByteWriter, text: string): void {
  const { length } = text;
  if (length <= shortText) {
    writer.reserve(length + 1);
    const { buffer, position } = writer;
    let at = position + 1;
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) break;
      buffer[at++] = code;
    }
    if (i === length) {
      buffer[position] = length << 1;
      writer.position = at;
      return;
    }
  }
  // The length stands in front and is known when the text is written: it is guessed, and what is behind it moved where the guess was too short.
  const start = writer.position;
  writer.reserve(longestVarint + length * 3);
  writeVarint(writer, length);
  const guessed = writer.position;
  writer.writeUtf8(text);
  const bytes = writer.position - guessed;
  if (bytes === length) return;
  const at = start + varintBytes(bytes);
  if (at !== guessed) writer.buffer.copyWithin(at, guessed, guessed + bytes);
  writer.position = start;
  writeVarint(writer, bytes);
  writer.position = at + bytes;
}

/** Of a length. */
function varintBytes(length: number): number {
  let bytes = 1;
  for (let rest = length * 2; rest > 0x7f; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

export function writeSized(writer: ByteWriter, bytes: Uint8Array): void {
  writeVarint(writer, bytes.length);
  writer.writeBytes(bytes);
}

export function writeFloat(writer: ByteWriter, value: number): void {
  writer.reserve(4);
  writer.position = writer.buffer.writeFloatLE(value, writer.position);
}

export function writeDouble(writer: ByteWriter, value: number): void {
  writer.reserve(8);
  writer.position = writer.buffer.writeDoubleLE(value, writer.position);
}
