import { expect, test } from 'vitest';
import { stringSerde } from '../../src/serde/string-serde.ts';
import { decode, encode, fc, isCanonical } from './support.ts';

test('any well-formed text comes back, through the bytes that Node writes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      expect(encode(stringSerde, text)).toEqual(Buffer.from(text, 'utf8'));
      expect(decode(stringSerde, Buffer.from(text, 'utf8'))).toBe(text);
    }),
  );
});

test('bytes are canonical exactly if they decode and encode to themselves', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const again = encode(stringSerde, decode(stringSerde, bytes));
      expect(isCanonical(stringSerde, bytes)).toBe(Buffer.compare(again, bytes) === 0);
      const padded = Buffer.concat([Buffer.from([0xc3, 0xa4]), bytes, Buffer.from([0xff])]);
      const canonical = stringSerde.decodeCanonical?.(padded, 2, 2 + bytes.length);
      expect(canonical).toBe(isCanonical(stringSerde, bytes) ? decode(stringSerde, bytes) : undefined);
    }),
  );
});

// What `new String(bytes, UTF_8)` gives in Java.
test.each([
  ['a lone continuation byte', '80', '\uFFFD'],
  ['an overlong form', 'c0af', '\uFFFD\uFFFD'],
  ['an encoded surrogate', 'eda080', '\uFFFD'],
  ['a surrogate pair of two encoded surrogates', 'eda080edb080', '\uFFFD\uFFFD'],
  ['three bytes cut after two, at the end', 'e282', '\uFFFD'],
  ['three bytes cut after two, inside', 'e28241', '\uFFFDA'],
  ['four bytes cut after three', 'f09f9841', '\uFFFDA'],
  ['four bytes cut after two, at the end', 'f09f', '\uFFFD'],
  ['beyond the last code point', 'f4908080', '\uFFFD\uFFFD\uFFFD\uFFFD'],
  ['bytes that never occur', 'ff41fe', '\uFFFDA\uFFFD'],
  ['what is around stays', '41e0809f42', 'A\uFFFD\uFFFD\uFFFDB'],
  ['a valid character of four bytes between', 'fff09f9880ff', '\uFFFD\u{1F600}\uFFFD'],
])('malformed bytes decode as in Java: %s', (_name, hex, text) => {
  expect(decode(stringSerde, Buffer.from(hex, 'hex'))).toBe(text);
});

test('what is no text is refused with its type', () => {
  expect(() => encode(stringSerde, 5 as unknown as string)).toThrow(/a number/);
  expect(() => encode(stringSerde, { a: 1 } as unknown as string)).toThrow(/Object/);
});

test.each([
  ['a high surrogate alone', 'a\uD800b', 'a?b'],
  ['a low surrogate alone', '\uDC00', '?'],
  ['halves in the wrong order', '\uDC00\uD800', '??'],
  ['a pair stays', '\u{1F600}', '\u{1F600}'],
  ['behind more text than the short path takes', `${'x'.repeat(40)}\uD800`, `${'x'.repeat(40)}?`],
])('writes what UTF-8 cannot hold as Java does: %s', (_, text, read) => {
  expect(Buffer.from(encode(stringSerde, text)).toString('utf8')).toBe(read);
});
