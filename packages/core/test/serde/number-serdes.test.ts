import { expect, test } from 'vitest';
import {
  bigint64Serde,
  booleanSerde,
  doubleSerde,
  floatSerde,
  integerSerde,
  longSerde,
  shortSerde,
} from '../../src/serde/number-serdes.ts';
import type { Serde } from '../../src/serde/serde.ts';
import { decode, encode, fc, isCanonical } from './support.ts';

// Bytes as Java's serializers of the same types write them.
test.each<[string, Serde<unknown>, unknown, string]>([
  ['long', longSerde, 1, '0000000000000001'],
  ['long, negative', longSerde, -1, 'ffffffffffffffff'],
  ['long, largest', longSerde, Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  ['long, smallest', longSerde, Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
  ['long, above 32 bits', longSerde, 2 ** 32 + 7, '0000000100000007'],
  ['long, below -32 bits', longSerde, -(2 ** 32), 'ffffffff00000000'],
  ['bigint64, largest', bigint64Serde, 2n ** 63n - 1n, '7fffffffffffffff'],
  ['bigint64, smallest', bigint64Serde, -(2n ** 63n), '8000000000000000'],
  ['integer', integerSerde, -2, 'fffffffe'],
  ['integer, largest', integerSerde, 2 ** 31 - 1, '7fffffff'],
  ['short', shortSerde, -2, 'fffe'],
  ['short, largest', shortSerde, 32767, '7fff'],
  ['double', doubleSerde, 1.5, '3ff8000000000000'],
  ['double, negative zero', doubleSerde, -0, '8000000000000000'],
  ['float', floatSerde, 1.5, '3fc00000'],
  ['boolean, true', booleanSerde, true, '01'],
  ['boolean, false', booleanSerde, false, '00'],
])('%s has the bytes of Java', (_name, serde, value, hex) => {
  expect(encode(serde, value).toString('hex')).toBe(hex);
  expect(decode(serde, Buffer.from(hex, 'hex'))).toBe(value);
  expect(isCanonical(serde, Buffer.from(hex, 'hex'))).toBe(true);
});

test.each<[string, Serde<unknown>, unknown, RegExp]>([
  ['long above 2^53', longSerde, 2 ** 53, /9007199254740992/],
  ['long with a fraction', longSerde, 1.5, /1\.5/],
  ['long from a bigint', longSerde, 1n, /a bigint/],
  ['long from text', longSerde, '1', /a string/],
  ['bigint64 above 64 bits', bigint64Serde, 2n ** 63n, /64 bits/],
  ['bigint64 from a number', bigint64Serde, 1, /a number/],
  ['integer above 32 bits', integerSerde, 2 ** 31, /2147483648/],
  ['short above 16 bits', shortSerde, 32768, /32768/],
  ['double from text', doubleSerde, '1', /a string/],
  ['float from null', floatSerde, null, /null/],
  ['boolean from a number', booleanSerde, 1, /a number/],
])('%s is refused, never rounded', (_name, serde, value, message) => {
  expect(() => encode(serde, value)).toThrow(message);
});

test.each<[string, Serde<unknown>, string]>([
  ['long of 7 bytes', longSerde, '00000000000001'],
  ['long above 2^53', longSerde, '0020000000000000'],
  ['long of -2^53', longSerde, 'ffe0000000000000'],
  ['bigint64 of 9 bytes', bigint64Serde, '000000000000000001'],
  ['integer of 3 bytes', integerSerde, '000001'],
  ['short of no bytes', shortSerde, ''],
  ['double of 4 bytes', doubleSerde, '3fc00000'],
  ['float of 8 bytes', floatSerde, '3ff8000000000000'],
  ['boolean of 2', booleanSerde, '02'],
])('%s cannot be read and is not canonical', (_name, serde, hex) => {
  expect(() => decode(serde, Buffer.from(hex, 'hex'))).toThrow(RangeError);
  expect(isCanonical(serde, Buffer.from(hex, 'hex'))).toBe(false);
});

test('the long serde reads whatever is canonical, exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: BigInt(Number.MIN_SAFE_INTEGER), max: BigInt(Number.MAX_SAFE_INTEGER) }), (value) => {
      const bytes = encode(bigint64Serde, value);
      expect(isCanonical(longSerde, bytes)).toBe(true);
      expect(BigInt(decode(longSerde, bytes))).toBe(value);
    }),
  );
});

test('the long serde refuses whatever it would round, and names it', () => {
  const beyond = fc.oneof(fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }), fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }));
  fc.assert(
    fc.property(beyond, (value) => {
      const bytes = encode(bigint64Serde, value);
      expect(isCanonical(longSerde, bytes)).toBe(false);
      expect(() => decode(longSerde, bytes)).toThrow(String(value));
    }),
  );
});

test('safe integers survive the long serde', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(decode(longSerde, encode(longSerde, value))).toBe(value);
    }),
  );
});
