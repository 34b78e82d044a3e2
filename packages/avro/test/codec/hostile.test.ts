/** Bytes from a broken or hostile producer: an error with a code, in bounded time and memory. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AvroCodec, AvroError } from '../../src/index.ts';

const record = (name: string, ...fields: unknown[]): unknown => ({ type: 'record', name, fields });
const everything = record(
  'Everything',
  { name: 'n', type: 'null' },
  { name: 'b', type: 'boolean' },
  { name: 'i', type: 'int' },
  { name: 'l', type: 'long' },
  { name: 'f', type: 'float' },
  { name: 'd', type: 'double' },
  { name: 's', type: 'string' },
  { name: 'y', type: 'bytes' },
  { name: 'e', type: { type: 'enum', name: 'E', symbols: ['A', 'B'] } },
  { name: 'x', type: { type: 'fixed', name: 'F', size: 3 } },
  { name: 'u', type: ['null', 'string', 'Everything'] },
  { name: 'a', type: { type: 'array', items: 'Everything' } },
  { name: 'm', type: { type: 'map', values: ['null', 'long'] } },
  { name: 'z', type: { type: 'array', items: 'null' } },
  { name: 't', type: { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 } },
  { name: 'w', type: { type: 'long', logicalType: 'timestamp-micros' } },
);
const dropping = record('Everything', { name: 'w', type: { type: 'long', logicalType: 'timestamp-micros' } });

const varint = (value: bigint): number[] => [...new AvroCodec('long', { longs: 'bigint' }).encode(value)];
const of = (...parts: (number | bigint)[]): Uint8Array =>
  new Uint8Array(parts.flatMap((part) => (typeof part === 'bigint' ? varint(part) : [part])));

function outcome(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string {
  try {
    read(bytes);
    return 'read';
  } catch (error) {
    return error instanceof AvroError ? error.code : String(error);
  }
}

const list = record('List', { name: 'next', type: ['null', 'List'] });

describe('an error, not a crash', () => {
  test.each<[string, unknown, Uint8Array]>([
    ['nothing at all', 'int', of()],
    ['text of gigabytes', 'string', of(4_000_000_000n)],
    ['text of a length below 0', 'string', of(-5n)],
    ['bytes of 2^62', 'bytes', of(2n ** 62n)],
    ['an array of 2^52 items', { type: 'array', items: 'int' }, of(2n ** 52n, 0)],
    ['an array of 2^30 doubles', { type: 'array', items: 'double' }, of(2n ** 30n, 1, 2, 3, 4, 5, 6, 7, 8)],
    ['a block of -2^62 items', { type: 'array', items: 'int' }, of(-(2n ** 62n), 2n)],
    ['a block with a size below 0', { type: 'array', items: 'int' }, of(-1n, -2n, 0)],
    ['a block with a size beyond the end', { type: 'array', items: 'int' }, of(-1n, 2n ** 40n, 0)],
    ['nulls without end', { type: 'array', items: 'null' }, of(2n ** 40n, 0)],
    [
      'nulls without end in blocks',
      { type: 'array', items: record('Empty') },
      new Uint8Array(Array.from({ length: 10 }, () => varint(90_000n)).flat()),
    ],
    ['a map without its end', { type: 'map', values: 'null' }, of(1n, 1n, 97)],
    ['a branch that is not', ['null', 'int'], of(2n)],
    ['a branch below 0', ['null', 'int'], of(-1n)],
    ['a symbol that is not', { type: 'enum', name: 'E', symbols: ['A'] }, of(1n)],
    ['an int of 33 bits', 'int', of(2n ** 31n)],
    ['an int that does not end', 'int', new Uint8Array(9).fill(0xff)],
    ['a long that does not end', 'long', new Uint8Array(1_000).fill(0xff)],
    ['a long of 65 bits', 'long', new Uint8Array([255, 255, 255, 255, 255, 255, 255, 255, 255, 2])],
    ['a boolean that is none', 'boolean', of(2)],
    ['bytes behind the value', 'int', of(0, 0)],
    ['a double cut off', 'double', of(1, 2, 3)],
    ['records in records', list, new Uint8Array(100_000).fill(2)],
    ['a day beyond all dates', { type: 'int', logicalType: 'date' }, of(2_000_000_000n)],
    ['an instant beyond all dates', { type: 'long', logicalType: 'timestamp-millis' }, of(2n ** 53n - 1n)],
    ['a time beyond the day', { type: 'int', logicalType: 'time-millis' }, of(86_400_000n)],
  ])('%s', (_name, schema, bytes) => {
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;

    expect(outcome((given) => new AvroCodec(schema).decode(given), bytes)).toBe('MR_AVRO_DATA_INVALID');
    expect(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before).toBeLessThan(64 * 2 ** 20);
  });

  test('what is passed over has the same bounds', () => {
    const writer = record('R', { name: 'skipped', type: { type: 'array', items: list } }, { name: 'kept', type: 'int' });
    const read = new AvroCodec(record('R', { name: 'kept', type: 'int' })).decoderFor(writer);
    expect(outcome(read, of(-1n, -2n, 0))).toBe('MR_AVRO_DATA_INVALID');
    expect(outcome(read, of(2n ** 50n, 0))).toBe('MR_AVRO_DATA_INVALID');
    expect(outcome(read, new Uint8Array(50_000).fill(2))).toBe('MR_AVRO_DATA_INVALID');
    expect(read(of(-1n, 1n, 0, 0, 7n))).toEqual({ kept: 7 });
  });

  test('a value never reaches behind its end in the buffer', () => {
    const codec = new AvroCodec('string');
    const bytes = of(4n, 97, 98, 99, 100);
    expect(outcome((given) => codec.decode(given), bytes.subarray(0, 3))).toBe('MR_AVRO_DATA_INVALID');
  });

  test('nothing but coded errors comes of any bytes', () => {
    const codec = new AvroCodec(everything);
    const reads = [(bytes: Uint8Array) => codec.decode(bytes), new AvroCodec(dropping).decoderFor(everything)];
    const codes = new Set(['read', 'MR_AVRO_DATA_INVALID', 'MR_AVRO_LONG_UNSAFE']);
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.constantFrom(0, 1, 2, 3, 4, 6, 8, 97, 127, 128, 255), { maxLength: 200 }).map((values) => new Uint8Array(values)),
    );
    fc.assert(
      fc.property(anyBytes, fc.constantFrom(...reads), (bytes, read) => {
        expect(codes).toContain(outcome(read, bytes));
      }),
      { numRuns: 20_000, seed: 5 },
    );
  });
});
