import { expect, expectTypeOf, test } from 'vitest';
import type { Serde, Serialized } from '../../src/serde/serde.ts';
import { serdes } from '../../src/serde/serdes.ts';
import { decode, encode, fc, isCanonical } from './support.ts';

test('decoded bytes are a copy', () => {
  const buffer = Buffer.from([1, 2, 3]);
  const decoded = serdes.bytes().decode(buffer, 1, 3);
  buffer[1] = 9;
  expect(decoded).toEqual(Uint8Array.of(2, 3));
  expect(serdes.bytes().immutable).toBe(false);
});

test('bytes come back as they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
      expect(encode(serdes.bytes(), bytes)).toEqual(Buffer.from(bytes));
      expect(decode(serdes.bytes(), bytes)).toEqual(bytes);
      expect(isCanonical(serdes.bytes(), bytes)).toBe(true);
    }),
  );
});

test('JSON values come back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      expect(encode(serdes.json(), value).toString()).toBe(json);
      expect(decode(serdes.json(), Buffer.from(json))).toEqual(JSON.parse(json));
    }),
  );
});

test.each([
  ['undefined', undefined],
  ['a function', () => 1],
])('JSON refuses %s, which would vanish', (_name, value) => {
  expect(() => encode(serdes.json(), value)).toThrow(/cannot write/);
});

test('JSON throws on what is no JSON', () => {
  expect(() => decode(serdes.json(), Buffer.from('{'))).toThrow(SyntaxError);
});

test('a UUID is its 36 characters, in lower case', () => {
  const text = '3F2504E0-4F89-11D3-9A0C-0305E82C3301';
  expect(encode(serdes.uuid(), text).toString()).toBe(text.toLowerCase());
  expect(decode(serdes.uuid(), Buffer.from(text))).toBe(text.toLowerCase());
  expect(() => encode(serdes.uuid(), 'no-uuid')).toThrow(RangeError);
  expect(() => decode(serdes.uuid(), Buffer.from('123'))).toThrow(RangeError);
});

test('void knows null alone, which no serde ever sees', () => {
  expect(() => decode(serdes.void(), Buffer.alloc(0))).toThrow(/0 bytes/);
  expect(() => encode(serdes.void(), 1 as never)).toThrow(/a number/);
});

test('a serde of one’s own gets bytes of its own and may keep them', () => {
  const kept: (() => string)[] = [];
  const reversed = serdes.from<string>({
    encode: (text) => Buffer.from(text).reverse(),
    decode: (bytes) => {
      kept.push(() => Buffer.from(bytes).toString());
      return Buffer.from(bytes).reverse().toString();
    },
    immutable: true,
    format: 'reversed',
  });
  const buffer = Buffer.from('xcbay');
  expect(reversed.decode(buffer, 1, 4)).toBe('abc');
  buffer.fill(0);
  expect(kept.map((read) => read())).toEqual(['cba']);
  expect(encode(reversed, 'abc').toString()).toBe('cba');
  expect([reversed.immutable, reversed.primitive, reversed.format]).toEqual([true, false, 'reversed']);
});

test('a serde of one’s own without functions, or that returns no bytes, is refused', () => {
  expect(() => serdes.from({ encode: undefined, decode: undefined } as never)).toThrow(
    expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }),
  );
  const broken = serdes.from<number>({ encode: (n) => String(n) as never, decode: () => 1 });
  expect(() => encode(broken, 1)).toThrow(/a string/);
});

test('serdes carry their types', () => {
  expectTypeOf(serdes.string()).toEqualTypeOf<Serde<string>>();
  expectTypeOf<Serialized<ReturnType<typeof serdes.long>>>().toEqualTypeOf<number>();
  expectTypeOf(serdes.json<{ a: number }>()).toEqualTypeOf<Serde<{ a: number }>>();
  // @ts-expect-error a serde of numbers is none of text
  const wrong: Serde<string> = serdes.long();
  expect(wrong.format).toBe('int64');
  // A serde of T serves T or null: serdes never see null.
  const nullable: Serde<number | null> = serdes.long();
  expect(nullable.format).toBe('int64');
});

test.each([[undefined], [null], [5], [{}], [{ encode: () => new Uint8Array() }]])('a serde is not made from %j', (custom) => {
  expect(() => serdes.from(custom as never)).toThrow(/^MR_ARGUMENT_INVALID: serdes\.from needs \{ encode, decode \}, both functions/);
});
