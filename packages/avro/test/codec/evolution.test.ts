/** Reading what was written with another schema, by the specification's rules and Java's `Resolver`. */
import { describe, expect, test } from 'vitest';
import { AvroCodec, AvroError } from '../../src/index.ts';

const record = (name: string, ...fields: unknown[]): unknown => ({ type: 'record', name, fields });
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

function readAs(writer: unknown, reader: unknown, value: unknown, options = {}): unknown {
  return new AvroCodec(reader, options).decoderFor(writer)(new AvroCodec(writer, { longs: 'bigint' }).encode(value));
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof AvroError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

const enumOf = (symbols: string[], rest: object = {}): unknown => ({ type: 'enum', name: 'E', symbols, ...rest });

describe('what can be read', () => {
  test.each<[string, unknown, unknown, unknown, unknown]>([
    ['int as long', 'int', 'long', -5, -5],
    ['int as float', 'int', 'float', 16_777_217, 16_777_216],
    ['int as double', 'int', 'double', 5, 5],
    ['long as float', 'long', 'float', 16_777_217, 16_777_216],
    ['long as double, rounded as in Java', 'long', 'double', 2n ** 53n + 1n, 2 ** 53],
    ['float as double', 'float', 'double', 0.5, 0.5],
    ['string as bytes', 'string', 'bytes', 'ab', bytes(97, 98)],
    ['bytes as string', 'bytes', 'string', bytes(97, 98), 'ab'],
    ['a plain type as a branch', 'int', ['null', 'int'], 5, 5],
    ['the exact branch before one that is promoted', 'long', ['null', 'double', 'long'], 5, 5],
    ['a branch as a plain type', ['null', 'int'], 'int', 5, 5],
    ['one union as another', ['null', 'int', 'string'], ['string', 'long', 'null'], 5, 5],
    ['an enum with more symbols', enumOf(['A', 'B']), enumOf(['B', 'A', 'C']), 'A', 'A'],
    ['a symbol that is gone, with a default', enumOf(['A', 'B']), enumOf(['A'], { default: 'A' }), 'B', 'A'],
    ['a symbol that is still there, without one', enumOf(['A', 'B']), enumOf(['A']), 'A', 'A'],
    [
      'items and values',
      { type: 'array', items: { type: 'map', values: 'int' } },
      { type: 'array', items: { type: 'map', values: 'double' } },
      [{ a: 1 }],
      [{ a: 1 }],
    ],
    [
      'a field less',
      record('R', { name: 'a', type: 'int' }, { name: 'b', type: 'string' }, { name: 'c', type: 'int' }),
      record('R', { name: 'c', type: 'int' }, { name: 'a', type: 'int' }),
      { a: 1, b: 'x', c: 2 },
      { c: 2, a: 1 },
    ],
    [
      'a field more, with a default',
      record('R', { name: 'a', type: 'int' }),
      record('R', { name: 'b', type: ['null', 'string'], default: null }, { name: 'a', type: 'int' }),
      { a: 1 },
      { b: null, a: 1 },
    ],
    ['a default of the second branch', record('R'), record('R', { name: 'b', type: ['string', 'null'], default: null }), {}, { b: null }],
    [
      'a renamed field',
      record('R', { name: 'old', type: 'int' }),
      record('R', { name: 'new', type: 'int', aliases: ['old'] }),
      { old: 1 },
      { new: 1 },
    ],
    [
      'a renamed record in a union',
      ['null', record('Old', { name: 'a', type: 'int' })],
      ['null', { ...(record('New', { name: 'a', type: 'int' }) as object), aliases: ['Old'] }],
      { a: 1 },
      { a: 1 },
    ],
    ['records of other names', record('a.R', { name: 'x', type: 'int' }), record('b.S', { name: 'x', type: 'int' }), { x: 1 }, { x: 1 }],
    [
      'a decimal by its own digits',
      { type: 'bytes', logicalType: 'decimal', precision: 5, scale: 1 },
      { type: 'bytes', logicalType: 'decimal', precision: 8, scale: 3 },
      '1.5',
      '1.5',
    ],
    ['a plain long as a time', 'long', { type: 'long', logicalType: 'timestamp-millis' }, 5, new Date(5)],
    ['a time as a plain long', { type: 'long', logicalType: 'timestamp-millis' }, 'long', new Date(5), 5],
  ])('%s', (_name, writer, reader, value, expected) => {
    expect(readAs(writer, reader, value)).toEqual(expected);
  });

  test('a recursive record with another field', () => {
    const list = (...more: unknown[]): unknown =>
      record('List', { name: 'value', type: 'int' }, ...more, { name: 'next', type: ['null', 'List'] });
    const value = { value: 1, extra: 'x', next: { value: 2, extra: 'y', next: null } };
    expect(readAs(list({ name: 'extra', type: 'string' }), list(), value)).toEqual({ value: 1, next: { value: 2, next: null } });
  });

  test('a reader with bigints', () => {
    expect(readAs('int', 'long', 5, { longs: 'bigint' })).toBe(5n);
    expect(readAs('long', 'long', 2n ** 60n, { longs: 'bigint' })).toBe(2n ** 60n);
  });

  test('defaults are made anew for every record', () => {
    const read = new AvroCodec<{ tags: string[] }>(
      record('R', { name: 'tags', type: { type: 'array', items: 'string' }, default: [] }),
    ).decoderFor(record('R'));
    read(bytes()).tags.push('x');
    expect(read(bytes())).toEqual({ tags: [] });
  });
});

describe('what cannot', () => {
  test.each<[string, unknown, unknown]>([
    ['string as int', 'string', 'int'],
    ['long as int', 'long', 'int'],
    ['double as float', 'double', 'float'],
    ['a new field without a default', record('R'), record('R', { name: 'a', type: 'int' })],
    ['a fixed of another size', { type: 'fixed', name: 'F', size: 2 }, { type: 'fixed', name: 'F', size: 3 }],
    ['a fixed of another name', { type: 'fixed', name: 'F', size: 2 }, { type: 'fixed', name: 'G', size: 2 }],
    ['no branch at all', ['int', 'string'], 'boolean'],
    ['into a union without such a branch', 'string', ['null', 'int']],
    ['milliseconds as microseconds', { type: 'long', logicalType: 'timestamp-millis' }, { type: 'long', logicalType: 'timestamp-micros' }],
    [
      'deep inside',
      { type: 'array', items: record('R', { name: 'a', type: 'string' }) },
      { type: 'array', items: record('R', { name: 'a', type: 'int' }) },
    ],
  ])('%s', (_name, writer, reader) => {
    expect(codeOf(() => new AvroCodec(reader).decoderFor(writer))).toBe('MR_AVRO_SCHEMA_INCOMPATIBLE');
  });

  test('a branch that the reader lacks fails with the record that has it', () => {
    const read = new AvroCodec('string').decoderFor(['null', 'string']);
    expect(read(bytes(2, 2, 97))).toBe('a');
    expect(codeOf(() => read(bytes(0)))).toBe('MR_AVRO_SCHEMA_INCOMPATIBLE');
  });

  test('a symbol that the reader lacks fails with the record that has it', () => {
    const read = new AvroCodec(enumOf(['A'])).decoderFor(enumOf(['A', 'B']));
    expect(codeOf(() => read(bytes(2)))).toBe('MR_AVRO_DATA_INVALID');
  });
});
