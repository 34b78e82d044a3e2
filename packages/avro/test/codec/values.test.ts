/** What values of every type are in JavaScript, and their bytes as the specification and Java's implementation have them. */
import { describe, expect, test } from 'vitest';
import { AvroCodec, AvroError, branch } from '../../src/index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof AvroError) return `${error.code} ${error.text}`;
    throw error;
  }
  return 'nothing was thrown';
}

const record = (name: string, ...fields: unknown[]): unknown => ({ type: 'record', name, fields });

describe('bytes of the specification', () => {
  test.each<[string, unknown, unknown, string]>([
    ['null', 'null', null, ''],
    ['boolean', 'boolean', true, '01'],
    ['int 0', 'int', 0, '00'],
    ['int -1', 'int', -1, '01'],
    ['int 1', 'int', 1, '02'],
    ['int -2', 'int', -2, '03'],
    ['int -64', 'int', -64, '7f'],
    ['int 64', 'int', 64, '8001'],
    ['int, the largest', 'int', 2147483647, 'feffffff0f'],
    ['int, the smallest', 'int', -2147483648, 'ffffffff0f'],
    ['long, the largest safe', 'long', Number.MAX_SAFE_INTEGER, 'feffffffffffff1f'],
    ['long, the smallest safe', 'long', Number.MIN_SAFE_INTEGER, 'fdffffffffffff1f'],
    ['long below -2^52', 'long', -(2 ** 52 + 1), '8180808080808010'],
    ['float', 'float', 1.5, '0000c03f'],
    ['double', 'double', -0.1, '9a9999999999b9bf'],
    ['string', 'string', 'foo', '06666f6f'],
    ['string beyond ASCII', 'string', 'grün 😀', '14 6772c3bc6e20f09f9880'.replace(' ', '')],
    ['a lone surrogate, as in Java', 'string', 'a\ud800', '04613f'],
    ['bytes', 'bytes', bytes(0, 255), '0400ff'],
    ['fixed', { type: 'fixed', name: 'F', size: 2 }, bytes(1, 2), '0102'],
    ['enum', { type: 'enum', name: 'E', symbols: ['A', 'B', 'C', 'D'] }, 'D', '06'],
    ['array', { type: 'array', items: 'long' }, [3, 27], '04063600'],
    ['empty array', { type: 'array', items: 'long' }, [], '00'],
    ['map', { type: 'map', values: 'long' }, { a: 1 }, '0202610200'],
    ['union', ['null', 'string'], 'a', '020261'],
    ['union, null', ['null', 'string'], null, '00'],
    ['union, null behind', ['string', 'null'], null, '02'],
    ['record', record('test', { name: 'a', type: 'long' }, { name: 'b', type: 'string' }), { a: 27, b: 'foo' }, '3606666f6f'],
  ])('%s', (_name, schema, value, expected) => {
    const codec = new AvroCodec(schema);

    expect(hex(codec.encode(value))).toBe(expected);
    expect(codec.decode(Buffer.from(expected, 'hex'))).toEqual(typeof value === 'string' ? value.replace('\ud800', '?') : value);
  });

  test.each([62, 63, 64, 65, 127, 128, 200, 8191, 8192, 20_000])('text of %i characters, ASCII and not', (length) => {
    const codec = new AvroCodec<string>('string');
    for (const text of ['x'.repeat(length), 'ü'.repeat(length), `${'x'.repeat(length - 1)}ü`, '漢'.repeat(length)]) {
      const encoded = codec.encode(text);
      expect(codec.decode(encoded)).toBe(text);
      expect(hex(encoded.subarray(-Buffer.byteLength(text)))).toBe(hex(Buffer.from(text)));
    }
  });
});

describe('longs', () => {
  const numbers = new AvroCodec<number>('long');
  const bigs = new AvroCodec<bigint | number>('long', { longs: 'bigint' });
  const edges = [
    0n,
    1n,
    -1n,
    2n ** 31n,
    -(2n ** 31n) - 1n,
    2n ** 52n + 1n,
    2n ** 53n - 1n,
    2n ** 53n,
    -(2n ** 53n),
    2n ** 62n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ];

  test.each(edges)('%s comes back as a bigint, and as a number where one can hold it', (value) => {
    const encoded = bigs.encode(value);

    expect(bigs.decode(encoded)).toBe(value);
    if (value <= 2n ** 53n - 1n && value >= -(2n ** 53n) + 1n) {
      expect(numbers.decode(encoded)).toBe(Number(value));
      expect(hex(numbers.encode(Number(value)))).toBe(hex(encoded));
    } else expect(codeOf(() => numbers.decode(encoded))).toMatch(`MR_AVRO_LONG_UNSAFE the long ${value} is beyond`);
  });

  test('numbers that are no safe integers are refused, never rounded', () => {
    for (const value of [2 ** 53, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(codeOf(() => numbers.encode(value))).toMatch('MR_AVRO_VALUE_INVALID');
    expect(codeOf(() => bigs.encode(2n ** 63n))).toMatch('MR_AVRO_VALUE_INVALID');
  });

  test('every power of two and its neighbours', () => {
    for (let power = 0n; power < 63n; power++) {
      for (const value of [2n ** power - 1n, 2n ** power, -(2n ** power), -(2n ** power) - 1n])
        expect(bigs.decode(bigs.encode(value))).toBe(value);
    }
  });
});

describe('logical types', () => {
  test.each<[string, unknown, unknown, string]>([
    ['date', { type: 'int', logicalType: 'date' }, '2026-03-14', 'dcc002'],
    ['date before 1970', { type: 'int', logicalType: 'date' }, '1969-12-31', '01'],
    ['time-millis', { type: 'int', logicalType: 'time-millis' }, '00:00:01.500', 'b817'],
    ['time-micros', { type: 'long', logicalType: 'time-micros' }, '00:00:00.000001', '02'],
    ['timestamp-millis', { type: 'long', logicalType: 'timestamp-millis' }, new Date(1), '02'],
    ['timestamp-micros', { type: 'long', logicalType: 'timestamp-micros' }, '1970-01-01T00:00:00.000001Z', '02'],
    ['timestamp-micros before 1970', { type: 'long', logicalType: 'timestamp-micros' }, '1969-12-31T23:59:59.999999Z', '01'],
    ['timestamp-nanos', { type: 'long', logicalType: 'timestamp-nanos' }, '1970-01-01T00:00:00.000000002Z', '04'],
    ['local-timestamp-millis', { type: 'long', logicalType: 'local-timestamp-millis' }, '1970-01-01T00:00:00.001', '02'],
    ['local-timestamp-micros', { type: 'long', logicalType: 'local-timestamp-micros' }, '1970-01-01T00:00:00.000001', '02'],
    ['local-timestamp-nanos', { type: 'long', logicalType: 'local-timestamp-nanos' }, '1970-01-01T00:00:00.000000001', '02'],
    ['decimal', { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 }, '-12.34', '04fb2e'],
    ['decimal 0', { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 }, '0.00', '0200'],
    ['decimal 1.27', { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 }, '1.27', '027f'],
    ['decimal 1.28', { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 }, '1.28', '040080'],
    [
      'a long decimal',
      { type: 'bytes', logicalType: 'decimal', precision: 30, scale: 0 },
      '123456789012345678901234567890',
      '1a018ee90ff6c373e0ee4e3f0ad2',
    ],
    ['decimal in a fixed', { type: 'fixed', name: 'D', size: 4, logicalType: 'decimal', precision: 9, scale: 3 }, '-0.001', 'ffffffff'],
    [
      'uuid',
      { type: 'string', logicalType: 'uuid' },
      '00000000-0000-4000-8000-000000000001',
      `48${Buffer.from('00000000-0000-4000-8000-000000000001').toString('hex')}`,
    ],
    [
      'uuid in a fixed',
      { type: 'fixed', name: 'U', size: 16, logicalType: 'uuid' },
      '00000000-0000-4000-8000-000000000001',
      '00000000000040008000000000000001',
    ],
    [
      'duration',
      { type: 'fixed', name: 'P', size: 12, logicalType: 'duration' },
      { months: 1, days: 2, milliseconds: 4_000_000_000 },
      '010000000200000000286bee',
    ],
  ])('%s', (_name, schema, value, expected) => {
    const codec = new AvroCodec(schema);

    expect(hex(codec.encode(value))).toBe(expected);
    expect(codec.decode(Buffer.from(expected, 'hex'))).toEqual(value);
  });

  test.each<[string, unknown, unknown]>([
    ['a day that is not', { type: 'int', logicalType: 'date' }, '2026-02-30'],
    ['digits that would be rounded away', { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 }, '1.234'],
    ['more digits than the precision', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, '123.45'],
    ['a number with an exponent', { type: 'bytes', logicalType: 'decimal', precision: 30, scale: 2 }, 1e21],
    ['microseconds in milliseconds', { type: 'long', logicalType: 'local-timestamp-millis' }, '2026-01-01T00:00:00.0001'],
    ['a local time with a zone', { type: 'long', logicalType: 'local-timestamp-millis' }, '2026-01-01T00:00:00Z'],
    ['a number for a timestamp', { type: 'long', logicalType: 'timestamp-millis' }, 5],
    ['an invalid date', { type: 'long', logicalType: 'timestamp-millis' }, new Date(Number.NaN)],
    ['hour 24', { type: 'int', logicalType: 'time-millis' }, '24:00:00'],
    ['no UUID', { type: 'string', logicalType: 'uuid' }, 'abc'],
    ['months below 0', { type: 'fixed', name: 'P', size: 12, logicalType: 'duration' }, { months: -1, days: 0, milliseconds: 0 }],
  ])('refuses %s', (_name, schema, value) => {
    expect(codeOf(() => new AvroCodec(schema).encode(value))).toMatch('MR_AVRO_VALUE_INVALID');
  });

  test('takes a number as a decimal by its shortest text, and text with a zone or a Date as an instant', () => {
    const price = new AvroCodec<unknown>({ type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 });
    expect(price.decode(price.encode(0.1))).toBe('0.10');
    const instant = new AvroCodec<unknown>({ type: 'long', logicalType: 'timestamp-micros' });
    expect(instant.decode(instant.encode('2026-01-01T02:00:00.123456+02:00'))).toBe('2026-01-01T00:00:00.123456Z');
    expect(instant.decode(instant.encode(new Date(1_500)))).toBe('1970-01-01T00:00:01.500000Z');
  });

  test('one that does not fit its type is none, as the specification wants', () => {
    expect(new AvroCodec({ type: 'string', logicalType: 'date' }).decode(bytes(2, 97))).toBe('a');
    expect(new AvroCodec({ type: 'bytes', logicalType: 'decimal', precision: 2, scale: 3 }).decode(bytes(2, 97))).toEqual(bytes(97));
  });

  test('hooks take their place, raw leaves the value', () => {
    const schema = { type: 'long', logicalType: 'timestamp-micros' };
    const logicalTypes = {
      'timestamp-micros': { decode: (value: bigint) => Number(value) / 1e6, encode: (value: number) => BigInt(Math.round(value * 1e6)) },
    };
    const codec = new AvroCodec(schema, { logicalTypes });
    expect(codec.decode(codec.encode(1.5))).toBe(1.5);
    expect(new AvroCodec(schema, { logicalTypes: { 'timestamp-micros': 'raw' } }).decode(bytes(4))).toBe(2);
  });
});

describe('records', () => {
  const schema = record(
    'Order',
    { name: 'id', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'tags', type: { type: 'array', items: 'string' }, default: ['new'] },
  );
  const codec = new AvroCodec<Record<string, unknown>>(schema);

  test('a field that is not there gets its default', () => {
    expect(codec.decode(codec.encode({ id: 1 }))).toEqual({ id: 1, note: null, tags: ['new'] });
    expect(codec.decode(codec.encode({ id: 1, note: undefined, tags: [] }))).toEqual({ id: 1, note: null, tags: [] });
  });

  test.each<[string, unknown, string]>([
    ['a missing field', {}, 'id: the record Order must have it'],
    ['a field that is not in the schema', { id: 1, total: 3 }, 'total: the record Order has no such field'],
    ['a wrong type deep inside', { id: 1, tags: ['a', 5] }, 'tags[1]: 5 is no string'],
    ['no object', 'x', '"x" is no object for the record Order'],
    ['a wrong value in a union', { id: 1, note: 5 }, 'note: 5 is of no branch of [null, string]'],
  ])('refuses %s and names the place', (_name, value, message) => {
    expect(codeOf(() => codec.encode(value as Record<string, unknown>))).toBe(`MR_AVRO_VALUE_INVALID ${message}`);
  });

  test('unknown fields may be dropped', () => {
    const lenient = new AvroCodec<Record<string, unknown>>(schema, { unknownFields: 'drop' });
    expect(lenient.decode(lenient.encode({ id: 1, total: 3 }))).toEqual({ id: 1, note: null, tags: ['new'] });
  });

  test('names that mean something in JavaScript are names like others', () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'v0', 's', 'w'];
    const odd = new AvroCodec<Record<string, unknown>>(record('Odd', ...names.map((name) => ({ name, type: 'int' }))));
    const value: Record<string, unknown> = JSON.parse(`{${names.map((name, index) => `"${name}":${index}`).join(',')}}`);
    const decoded = odd.decode(odd.encode(value));
    expect(JSON.stringify(decoded)).toBe(JSON.stringify(value));
    const map = new AvroCodec<Record<string, unknown>>({ type: 'map', values: 'int' });
    expect(JSON.stringify(map.decode(map.encode(value)))).toBe(JSON.stringify(value));
    const symbols = new AvroCodec<string>({ type: 'enum', name: 'E', symbols: names });
    expect(names.map((name) => symbols.decode(symbols.encode(name)))).toEqual(names);
    expect(codeOf(() => new AvroCodec<string>({ type: 'enum', name: 'E', symbols: ['A'] }).encode('constructor'))).toMatch(
      'MR_AVRO_VALUE_INVALID',
    );
  });

  test('recursive ones', () => {
    const tree = new AvroCodec(
      record('Tree', { name: 'value', type: 'int' }, { name: 'children', type: { type: 'array', items: 'Tree' } }),
    );
    const value = {
      value: 1,
      children: [
        { value: 2, children: [{ value: 3, children: [] }] },
        { value: 4, children: [] },
      ],
    };
    expect(tree.decode(tree.encode(value))).toEqual(value);
    const circle: { value: number; children: unknown[] } = { value: 1, children: [] };
    circle.children.push(circle);
    expect(codeOf(() => tree.encode(circle))).toMatch('MR_AVRO_VALUE_INVALID the value is nested too deep, or within itself');
  });
});

describe('unions are plain values', () => {
  const placed = record('shop.Placed', { name: 'id', type: 'int' }, { name: 'total', type: 'double' });
  const paid = record(
    'shop.Paid',
    { name: 'id', type: 'int' },
    { name: 'method', type: { type: 'enum', name: 'Method', symbols: ['CARD', 'CASH'] } },
  );

  test.each<[string, unknown[], unknown, number]>([
    ['an int before a long', ['long', 'int'], 5, 1],
    ['a long where no int holds it', ['int', 'long', 'double'], 2 ** 40, 1],
    ['a double for a fraction', ['int', 'long', 'double'], 0.5, 2],
    ['a double rather than a float', ['float', 'double'], 0.5, 1],
    ["an enum's symbol before text", ['string', { type: 'enum', name: 'E', symbols: ['A'] }], 'A', 1],
    ['text that is no symbol', ['string', { type: 'enum', name: 'E', symbols: ['A'] }], 'B', 0],
    ['a fixed of its size before bytes', ['bytes', { type: 'fixed', name: 'F', size: 2 }], bytes(1, 2), 1],
    ['bytes of another size', ['bytes', { type: 'fixed', name: 'F', size: 2 }], bytes(1), 0],
    ['a record by its fields', ['null', placed, paid], { id: 1, method: 'CASH' }, 2],
    ['a map where no record fits', [placed, { type: 'map', values: 'int' }], { a: 1 }, 1],
    ['a Date for a timestamp', ['null', 'string', { type: 'long', logicalType: 'timestamp-millis' }], new Date(0), 2],
    ['text for a decimal where it is one', ['string', { type: 'bytes', logicalType: 'decimal', precision: 5, scale: 2 }], '1.50', 1],
  ])('%s', (_name, schema, value, index) => {
    const codec = new AvroCodec(schema);
    const encoded = codec.encode(value);

    expect(encoded[0]).toBe(index * 2);
    expect(codec.decode(encoded)).toEqual(value);
  });

  test('a value of no branch is an error', () => {
    expect(codeOf(() => new AvroCodec<unknown>(['null', 'int']).encode('x'))).toBe(
      'MR_AVRO_VALUE_INVALID "x" is of no branch of [null, int]',
    );
    expect(codeOf(() => new AvroCodec<unknown>(['null', placed, paid]).encode({ id: 1 }))).toBe(
      'MR_AVRO_VALUE_INVALID method: the record shop.Paid must have it',
    );
  });

  test('records that look alike are told apart by a mark, which decoded ones have', () => {
    const codec = new AvroCodec<object>([record('A', { name: 'x', type: 'int' }), record('B', { name: 'x', type: 'int' })]);
    expect(codeOf(() => codec.encode({ x: 1 }))).toMatch("fits A and B alike: say which with branch('A', value)");
    const encoded = codec.encode(branch('B', { x: 1 }));
    expect(hex(encoded)).toBe('0202');
    const decoded = codec.decode(encoded);
    expect(decoded).toEqual({ x: 1 });
    expect(hex(codec.encode(decoded))).toBe('0202');
  });
});
