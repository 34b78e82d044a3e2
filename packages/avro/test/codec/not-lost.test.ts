/** What once went wrong without a word, or with the wrong one: values, schemas and bytes that look harmless. */
import { ByteWriter, type Serde } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { avro, AvroCodec, AvroError, branch, findIncompatibility, parseSchema } from '../../src/index.ts';

const record = (name: string, fields: readonly unknown[], rest: object = {}): unknown => ({ type: 'record', name, fields, ...rest });

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof AvroError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

describe('objects whose content is not in their properties', () => {
  const defaults = record('D', [{ name: 'a', type: 'int', default: 1 }]);
  test.each<[string, unknown]>([
    ['a Map', new Map([['a', 2]])],
    ['a Set', new Set(['a'])],
    ['a promise', Promise.resolve({ a: 2 })],
    ['an array', []],
    ['a Date', new Date(0)],
    ['bytes', new Uint8Array(0)],
  ])('%s is no map and no record', (_name, value) => {
    expect(codeOf(() => new AvroCodec({ type: 'map', values: 'int' }).encode(value))).toBe('MR_AVRO_VALUE_INVALID');
    expect(codeOf(() => new AvroCodec(defaults).encode(value))).toBe('MR_AVRO_VALUE_INVALID');
    expect(codeOf(() => new AvroCodec(defaults, { unknownFields: 'drop' }).encode(value))).toBe('MR_AVRO_VALUE_INVALID');
  });

  test('instances of classes and objects without a prototype are both', () => {
    class Point {
      readonly a = 5;
    }
    for (const value of [new Point(), Object.assign(Object.create(null), { a: 5 })]) {
      expect(new AvroCodec({ type: 'map', values: 'int' }).encode(value)).toEqual(new Uint8Array([2, 2, 0x61, 10, 0]));
      expect(new AvroCodec(defaults).encode(value)).toEqual(new Uint8Array([10]));
    }
    expect(new AvroCodec(defaults).encode({})).toEqual(new Uint8Array([2]));
    expect(new AvroCodec(defaults).encode(Object.create(null))).toEqual(new Uint8Array([2]));
  });
});

describe('fields called like what every object has', () => {
  const codec = new AvroCodec(
    record('D', [
      { name: 'constructor', type: 'string', default: 'x' },
      { name: 'toString', type: ['null', 'string'], default: null },
    ]),
  );

  test('get their defaults', () => {
    expect(codec.decode(codec.encode({}))).toEqual({ constructor: 'x', toString: null });
    expect(codec.decode(codec.encode({ constructor: 'y', toString: 'z' }))).toEqual({ constructor: 'y', toString: 'z' });
  });

  test('are missed where they have none', () => {
    expect(() => new AvroCodec(record('D', [{ name: 'constructor', type: 'string' }])).encode({})).toThrow('must have it');
  });
});

describe('decimals of another scale', () => {
  const decimal = (scale: number): unknown => ({ type: 'bytes', logicalType: 'decimal', precision: 9, scale });
  const amount = (scale: number): unknown => record('A', [{ name: 'amount', type: ['null', decimal(scale)] }]);

  test('have the same fingerprint and are no history of each other', () => {
    expect(codeOf(() => avro(amount(4), { history: [amount(2)] }))).toBe('MR_AVRO_SCHEMA_INCOMPATIBLE');
    expect(codeOf(() => avro(amount(4), { history: [amount(4)] }))).toBe('nothing was thrown');
  });

  test('are not read as what a store was written with', async () => {
    const kept = new Map<string, Uint8Array>();
    const open = (serde: Serde<unknown>): unknown =>
      serde.open?.({ purpose: 'store', kept, keep: (name, bytes) => void kept.set(name, bytes) });
    open(avro(amount(2)));
    expect(codeOf(() => open(avro(amount(4))))).toBe('MR_AVRO_SCHEMA_INCOMPATIBLE');
    expect(codeOf(() => open(avro(amount(2))))).toBe('nothing was thrown');
  });

  test('more bytes than a decimal of any precision takes are refused at once', () => {
    const bytes = new AvroCodec('bytes').encode(new Uint8Array(1_000_000).fill(0x7f));
    expect(codeOf(() => new AvroCodec(decimal(2)).decode(bytes))).toBe('MR_AVRO_DATA_INVALID');
    const padded = new Uint8Array(64);
    padded[63] = 125;
    expect(new AvroCodec(decimal(2)).decode(new AvroCodec('bytes').encode(padded))).toBe('1.25');
  });

  test('a single object that was written is read', () => {
    const serde = avro<unknown>(amount(2));
    const writer = new ByteWriter(32);
    serde.encodeInto({ amount: '12.34' }, writer);
    const bytes = writer.toBytes();
    expect(serde.decode(bytes, 0, bytes.length)).toEqual({ amount: '12.34' });
  });
});

describe('records within each other, one of which cannot be read', () => {
  const written = [record('A', [{ name: 'b', type: ['null', record('B', [{ name: 'a', type: ['null', 'A'] }])] }]), 'B'];
  const read = [
    record('A', [
      { name: 'b', type: ['null', record('B', [{ name: 'a', type: ['null', 'A'] }])] },
      { name: 'n', type: 'int' },
    ]),
    'B',
  ];
  const writer = new AvroCodec(written);
  const decode = new AvroCodec(read).decoderFor(written);

  test('the other is read, and the one says why not', () => {
    expect(decode(writer.encode(branch('B', { a: null })))).toEqual({ a: null });
    expect(codeOf(() => decode(writer.encode(branch('B', { a: branch('A', { b: null }) }))))).toBe('MR_AVRO_SCHEMA_INCOMPATIBLE');
  });
});

test('a pair of records that was found incompatible stays so', () => {
  const x = record('X', [{ name: 'v', type: 'int' }]);
  const wider = record('X', [
    { name: 'v', type: 'int' },
    { name: 'z', type: 'int' },
  ]);
  const writer = record('T', [
    { name: 'f1', type: x },
    { name: 'f2', type: 'X' },
  ]);
  const reader = record('T', [
    { name: 'f1', type: [wider, record('Y', [{ name: 'v', type: 'int' }], { aliases: ['X'] })] },
    { name: 'f2', type: 'X' },
  ]);
  expect(findIncompatibility(parseSchema(writer).root, parseSchema(reader).root)).toContain('field z of X has no default');
});

test('a default that holds itself is an error of the schema', () => {
  const endless = record('A', [{ name: 'a', type: 'A', default: {} }]);
  const reader = new AvroCodec(record('T', [{ name: 'x', type: endless, default: {} }]));
  expect(codeOf(() => reader.decoderFor(record('T', [])))).toBe('MR_AVRO_SCHEMA_INVALID');
});

test('what a hook throws is told with its place', () => {
  const hook = {
    decode: (): never => {
      throw new Error('no such colour');
    },
    encode: (value: unknown): unknown => {
      if (value === 'bad') throw new Error('no colour');
      return value;
    },
  };
  const colour = record('R', [{ name: 'colour', type: { type: 'string', logicalType: 'colour' } }]);
  const codec = new AvroCodec(colour, { logicalTypes: { colour: hook } });
  expect(() => codec.encode({ colour: 'bad' })).toThrow('MR_AVRO_VALUE_INVALID: colour: the logical type colour refused it: no colour');
  expect(() => codec.decode(codec.encode({ colour: 'red' }))).toThrow(
    'MR_AVRO_DATA_INVALID: the logical type colour refused it: no such colour',
  );
});

test.each(['', ' '])('the subject %j is none', (subject) => {
  expect(codeOf(() => avro(subject, { registry: {} as never }))).toBe('MR_AVRO_SCHEMA_INVALID');
});

test('the latest schema of a subject needs a registry, and says so', () => {
  expect(() => avro('latest')).toThrow(/needs \{ registry \}/);
});
