/** Why the codec is not avsc's (5.7.9), each reason as it shows; where one of these fails, avsc has mended it. And where avsc is right, the bytes are the same. */
import avsc from 'avsc';
import { describe, expect, test } from 'vitest';
import { AvroCodec } from '../../src/index.ts';

const record = (name: string, ...fields: object[]): avsc.Schema => ({ type: 'record', name, fields }) as unknown as avsc.Schema;

describe('avsc', () => {
  const long = avsc.Type.forSchema('long');

  test('turns the sign of longs below -2^52', () => {
    const value = -(2 ** 52 + 1);
    expect(long.fromBuffer(long.toBuffer(value))).toBe(2 ** 52);
    const codec = new AvroCodec<number>('long');
    expect(codec.decode(codec.encode(value))).toBe(value);
  });

  test('refuses the largest safe integer', () => {
    expect(() => long.toBuffer(Number.MAX_SAFE_INTEGER)).toThrow('invalid "long"');
  });

  test('takes names of JavaScript for symbols', () => {
    const type = avsc.Type.forSchema({ type: 'enum', name: 'E', symbols: ['A'] });
    expect(type.isValid('constructor')).toBe(true);
    expect(() => avsc.Type.forSchema({ type: 'enum', name: 'E', symbols: ['constructor'] })).toThrow('duplicate');
  });

  test('has no plain values for two records or two numbers', () => {
    expect(() => avsc.Type.forSchema(['int', 'double'], { wrapUnions: 'never' })).toThrow('ambiguous');
    expect(() => avsc.Type.forSchema([record('A'), record('B')] as never, { wrapUnions: 'never' })).toThrow('ambiguous');
  });

  test('refuses a whole schema for a branch that the reader lacks, which Java does not', () => {
    expect(() => avsc.Type.forSchema('string').createResolver(avsc.Type.forSchema(['null', 'string']))).toThrow('cannot read');
  });

  test('makes an array of any length before it reads an item', () => {
    const type = avsc.Type.forSchema({ type: 'array', items: 'int' });
    const before = process.memoryUsage().heapUsed;
    expect(() => type.fromBuffer(long.toBuffer(5_000_000))).toThrow('truncated');
    expect(process.memoryUsage().heapUsed - before).toBeGreaterThan(30_000_000);
  });

  test('loses the key __proto__ of a map, and writes lone surrogates as no other can read them', () => {
    const type = avsc.Type.forSchema({ type: 'map', values: 'int' });
    expect(type.fromBuffer(type.toBuffer(JSON.parse('{"__proto__":1,"b":2}')))).toEqual({ b: 2 });
    expect(avsc.Type.forSchema('string').toBuffer('\ud800').toString('hex')).toBe('06eda080');
  });
});

test('where it is right the bytes are the same', () => {
  const schema = record(
    'R',
    { name: 'a', type: 'int' },
    { name: 'b', type: ['null', 'string'] },
    { name: 'c', type: { type: 'array', items: 'double' } },
  );
  const type = avsc.Type.forSchema(schema);
  const codec = new AvroCodec<object>(schema);
  for (const value of [
    { a: -5, b: null, c: [] },
    { a: 2 ** 31 - 1, b: 'grün', c: [0.5, -1] },
  ]) {
    expect(Buffer.from(codec.encode(value)).equals(type.toBuffer(value))).toBe(true);
  }
});
