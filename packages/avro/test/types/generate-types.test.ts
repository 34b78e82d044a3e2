/** TypeScript made from schemas, as text; that it compiles and describes what is decoded is the command's test. */
import { describe, expect, test } from 'vitest';
import { generateTypes, parseSchema } from '../../src/index.ts';

const made = (schema: unknown, options = {}): string =>
  generateTypes([{ title: 'orders-value', schema: JSON.stringify(schema) }], options).source.split('\nexport const')[0] ?? '';

describe('types', () => {
  test.each<[string, unknown, string]>([
    ['a primitive, called after its file', 'string', 'export type OrdersValue = string;'],
    ['a nullable', ['null', 'long'], 'export type OrdersValue = null | number;'],
    ['an array of a union', { type: 'array', items: ['null', 'int'] }, 'export type OrdersValue = readonly (null | number)[];'],
    ['a map', { type: 'map', values: 'bytes' }, 'export type OrdersValue = Readonly<Record<string, Uint8Array>>;'],
    ['branches that are one type', ['int', 'double'], 'export type OrdersValue = number;'],
    ['an enum', { type: 'enum', name: 'a.Kind', symbols: ['A', 'B'] }, 'export type Kind = "A" | "B";'],
    ['a decimal', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 1 }, 'export type OrdersValue = string;'],
    ['a timestamp', { type: 'long', logicalType: 'timestamp-millis' }, 'export type OrdersValue = Date;'],
    ['a fixed', { type: 'fixed', name: 'Hash', size: 4 }, 'export type Hash = Uint8Array;'],
  ])('%s', (_name, schema, expected) => {
    expect(made(schema)).toContain(expected);
  });

  test('records with comments and recursion', () => {
    const schema = {
      type: 'record',
      name: 'shop.Node',
      doc: 'A */ node',
      fields: [
        { name: 'id', type: 'long', doc: 'its id' },
        { name: 'next', type: ['null', 'Node'] },
      ],
    };
    expect(made(schema)).toContain(`/** A *\\/ node */
export interface Node {
  /** its id */
  readonly id: number;
  readonly next: null | Node;
}`);
    expect(made(schema, { longs: 'bigint' })).toContain('readonly id: bigint;');
  });

  test('names that are the same without their namespace', () => {
    const record = (name: string, ...fields: unknown[]): unknown => ({ type: 'record', name, fields });
    const source = made(record('a.Outer', { name: 'x', type: record('b.Item') }, { name: 'y', type: record('c.Item') }));
    expect(source).toContain('readonly x: BItem;');
    expect(source).toContain('readonly y: CItem;');
  });

  test('names that TypeScript has for something else', () => {
    const record = (name: string, ...fields: unknown[]): unknown => ({ type: 'record', name, fields });
    const source = made(
      record(
        'Date',
        { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
        { name: 'by', type: { type: 'map', values: record('Record') } },
      ),
    );
    expect(source).toContain('export interface Date2 {\n  readonly at: Date;\n  readonly by: Readonly<Record<string, Record2>>;\n}');
  });

  test('an enum and a union of nothing', () => {
    expect(made({ type: 'enum', name: 'None', symbols: [] })).toContain('export type None = never;');
    expect(made([])).toContain('export type OrdersValue = never;');
  });

  test('two schemas of one name, which topics with different versions have', () => {
    const item = (type: string): unknown => ({ type: 'record', name: 'Item', fields: [{ name: 'a', type }] });
    const order = (title: string, type: string): { title: string; schema: string } => ({
      title,
      schema: JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'item', type: item(type) }] }),
    });
    const { source, types } = generateTypes([order('a', 'int'), order('b', 'string'), order('c', 'int')]);
    expect(types).toEqual(['Order', 'Item', 'Order2', 'Item2']);
    expect(source).toContain('export interface Order2 {\n  readonly item: Item2;\n}');
    expect(source).toContain('export interface Item2 {\n  readonly a: string;\n}');
    expect(source.match(/export const \w+/g)).toEqual(['export const orderSchema', 'export const order2Schema']);
  });

  test('a schema that is none is named by its file', () => {
    expect(() => generateTypes([{ title: 'broken', schema: '{"type":"recor"}' }])).toThrow(/MR_AVRO_SCHEMA_INVALID.*broken/);
  });

  test('types of other schemas', () => {
    const { names } = parseSchema({ type: 'record', name: 'Money', fields: [] });
    const { source, types } = generateTypes([
      { title: 'x', schema: '{"type":"record","name":"Price","fields":[{"name":"net","type":"Money"}]}', names },
    ]);
    expect(types).toEqual(['Money', 'Price']);
    expect(source).toContain('readonly net: Money;');
    expect(source).toContain('export const priceSchema: unknown = {\n  "type": "record",');
  });
});
