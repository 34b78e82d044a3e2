import { describe, expect, test } from 'vitest';
import { shortAscii, shortLatin1 } from '../../src/serde/short-text.ts';
import { ByteWriter } from '../../src/serde/byte-writer.ts';
import { fc } from './support.ts';

describe('texts of a few bytes', () => {
  test('are what a Buffer makes of them, for any bytes and any range', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(4), fc.nat(20), (bytes, start, length) => {
        const end = Math.min(bytes.length, start + length);
        fc.pre(start <= end);
        const range = Buffer.from(bytes.slice(start, end));
        const isShort = range.length <= 16;
        expect(shortLatin1(bytes, start, end)).toBe(isShort ? range.toString('latin1') : undefined);
        expect(shortAscii(bytes, start, end)).toBe(isShort && range.every((byte) => byte < 0x80) ? range.toString('latin1') : undefined);
      }),
    );
  });

  test.each([
    ['none', 0, ''],
    ['the longest', 16, 'abcdefghijklmnop'],
    ['one too many', 17, undefined],
  ])('%s', (_, length, expected) => {
    const bytes = Buffer.from('abcdefghijklmnopqrst');
    expect(shortAscii(bytes, 0, length)).toBe(expected);
    expect(shortLatin1(bytes, 0, length)).toBe(expected);
  });

  test('a range beyond the bytes gives no text', () => {
    expect(shortAscii(Buffer.from('abc'), 1, 5)).toBeUndefined();
    expect(shortLatin1(Buffer.from('abc'), 1, 5)).toBeUndefined();
  });

  test('a text stays what it is when the next one is made', () => {
    const first = shortAscii(Buffer.from('first'), 0, 5);
    expect(shortAscii(Buffer.from('other'), 0, 5)).toBe('other');
    expect(first).toBe('first');
  });
});

// Longer than what a loop writes: the native call, and what it cannot write as Java does.
test.each([
  ['ASCII', 'a'.repeat(70), 'a'.repeat(70)],
  ['two bytes a character', 'ä'.repeat(70), 'ä'.repeat(70)],
  ['pairs of surrogates', '\u{1F600}'.repeat(40), '\u{1F600}'.repeat(40)],
  ['a lone surrogate among ASCII', `${'a'.repeat(40)}\uDC00b`, `${'a'.repeat(40)}?b`],
  ['a lone surrogate among others', `${'ä'.repeat(40)}\uD800\u{1F600}`, `${'ä'.repeat(40)}?\u{1F600}`],
])('a long text is written behind what is there: %s', (_, text, read) => {
  const writer = new ByteWriter(8);
  writer.writeUint8(0x21);
  writer.writeUtf8(text);
  writer.writeUint8(0x2e);
  expect(Buffer.from(writer.toBytes()).toString('utf8')).toBe(`!${read}.`);
});
