/**
 * Text as UTF-8, the most used serde, hence the care for short ASCII.
 *
 * Bytes that are not UTF-8 decode as Java's decoder replaces them, which differs from the web's (what `TextDecoder` and `Buffer` do) in how many
 * replacement characters an encoded surrogate or a cut sequence gives.
 */
import { isUtf8 } from 'node:buffer';
import type { ByteWriter } from './byte-writer.ts';
import type { Serde } from './serde.ts';
import { shortAscii } from './short-text.ts';
import { wrongType } from './wrong-type.ts';

/** Below this many bytes a loop in JavaScript is cheaper than a call into native code. */
const shortBytes = 80;

function isShortAscii(buffer: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if ((buffer[at] as number) > 0x7f) return false;
  }
  return true;
}

function isValid(buffer: Uint8Array, start: number, end: number): boolean {
  if (end - start <= shortBytes && isShortAscii(buffer, start, end)) return true;
  return isUtf8(start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const replacement = '\uFFFD';

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Whether a third byte can follow: a continuation that does not make the sequence overlong. */
function isSecondOfThree(first: number, second: number): boolean {
  return isContinuation(second) && !(first === 0xe0 && (second & 0xe0) === 0x80);
}

function isSecondOfFour(first: number, second: number): boolean {
  return first <= 0xf4 && isContinuation(second) && !(first === 0xf0 && second < 0x90) && !(first === 0xf4 && (second & 0xf0) !== 0x80);
}

/** Decodes bytes of which some are not UTF-8, as `new String(bytes, UTF_8)` does in Java. */
function decodeReplacing(buffer: Uint8Array, start: number, end: number): string {
  let text = '';
  let at = start;
  while (at < end) {
    const first = buffer[at] as number;
    const second = at + 1 < end ? (buffer[at + 1] as number) : -1;
    const third = at + 2 < end ? (buffer[at + 2] as number) : -1;
    const fourth = at + 3 < end ? (buffer[at + 3] as number) : -1;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      at += 1;
    } else if (first >= 0xc2 && first <= 0xdf && second >= 0 && isContinuation(second)) {
      text += String.fromCharCode(((first & 0x1f) << 6) | (second & 0x3f));
      at += 2;
    } else if (first >= 0xe0 && first <= 0xef && second >= 0 && isSecondOfThree(first, second)) {
      if (third >= 0 && !isContinuation(third)) {
        text += replacement;
        at += 2;
      } else if (third < 0) {
        text += replacement;
        at = end;
      } else {
        const code = ((first & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
        text += code >= 0xd800 && code <= 0xdfff ? replacement : String.fromCharCode(code);
        at += 3;
      }
    } else if (first >= 0xf0 && first <= 0xf4 && second >= 0 && isSecondOfFour(first, second)) {
      if (third >= 0 && !isContinuation(third)) {
        text += replacement;
        at += 2;
      } else if (fourth >= 0 && !isContinuation(fourth)) {
        text += replacement;
        at += 3;
      } else if (fourth < 0) {
        text += replacement;
        at = end;
      } else {
        text += String.fromCodePoint(((first & 0x07) << 18) | ((second & 0x3f) << 12) | ((third & 0x3f) << 6) | (fourth & 0x3f));
        at += 4;
      }
    } else {
      text += replacement;
      at += 1;
    }
  }
  return text;
}

class StringSerde implements Serde<string> {
  readonly immutable = true;
  readonly primitive = true;
  readonly format = 'utf8';

  decode(buffer: Uint8Array, start: number, end: number): string {
    const short = shortAscii(buffer, start, end);
    if (short !== undefined) return short;
    const text = asBuffer(buffer).toString('utf8', start, end);
    // Only text with a replacement character can come from malformed bytes; looking for one costs less than looking at the bytes.
    return text.includes(replacement) && !isValid(buffer, start, end) ? decodeReplacing(buffer, start, end) : text;
  }

  encodeInto(value: string, writer: ByteWriter): void {
    if (typeof value !== 'string') throw wrongType('the string serde writes texts', value);
    writer.writeUtf8(value);
  }

  isCanonical(buffer: Uint8Array, start: number, end: number): boolean {
    return isValid(buffer, start, end);
  }

  decodeCanonical(buffer: Uint8Array, start: number, end: number): string | undefined {
    const short = shortAscii(buffer, start, end);
    if (short !== undefined) return short;
    const text = asBuffer(buffer).toString('utf8', start, end);
    return text.includes(replacement) && !isValid(buffer, start, end) ? undefined : text;
  }
}

export const stringSerde: Serde<string> = new StringSerde();
