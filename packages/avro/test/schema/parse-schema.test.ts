/** Schemas as the specification has them, canonical forms and fingerprints as Java computes them. */
import { describe, expect, test } from 'vitest';
import { AvroError } from '../../src/errors.ts';
import { canonicalForm, fingerprint } from '../../src/schema/canonical-form.ts';
import { parseSchema } from '../../src/schema/parse-schema.ts';

describe('canonical form', () => {
  test.each<[string, unknown, string]>([
    ['a primitive', { type: 'int', logicalType: 'date' }, '"int"'],
    ['a bare name', 'string', '"string"'],
    ['a union', ['null', { type: 'string' }], '["null","string"]'],
    [
      'a fixed',
      { type: 'fixed', name: 'F', namespace: 'a.b', size: 3, doc: 'x', aliases: ['G'] },
      '{"name":"a.b.F","type":"fixed","size":3}',
    ],
    ['an enum', { type: 'enum', name: 'a.E', symbols: ['A'], default: 'A' }, '{"name":"a.E","type":"enum","symbols":["A"]}'],
    [
      'a record that names itself and others',
      {
        type: 'record',
        name: 'R',
        namespace: 'n',
        doc: 'd',
        fields: [
          { name: 'next', type: ['null', 'R'], default: null },
          { name: 'm', type: { type: 'map', values: { type: 'record', name: 'o.S', fields: [{ name: 'r', type: 'n.R' }] } } },
          { name: 's', type: 'o.S' },
        ],
      },
      '{"name":"n.R","type":"record","fields":[{"name":"next","type":["null","n.R"]},{"name":"m","type":{"type":"map","values":{"name":"o.S","type":"record","fields":[{"name":"r","type":"n.R"}]}}},{"name":"s","type":"o.S"}]}',
    ],
    ['a type in braces', { type: { type: 'array', items: { type: 'long' } } }, '{"type":"array","items":"long"}'],
    ['an error', { type: 'error', name: 'X', fields: [] }, '{"name":"X","type":"record","fields":[]}'],
  ])('%s', (_name, schema, expected) => {
    expect(canonicalForm(parseSchema(schema).root)).toBe(expected);
  });

  test('fingerprints are those of Java', () => {
    const hex = (schema: unknown): string =>
      Buffer.from(fingerprint(parseSchema(schema).root))
        .reverse()
        .toString('hex');
    expect(hex('null')).toBe('63dd24e7cc258f8a');
    expect(hex('int')).toBe('7275d51a3f395c8f');
    expect(hex({ type: 'fixed', name: 'Test', size: 1 })).toBe('5b3549407b896968');
  });
});

describe('what is no schema', () => {
  test.each<[string, unknown, string]>([
    ['text that is no JSON', '{', 'a schema must be JSON'],
    ['null', null, 'null is no schema'],
    ['an unknown name', 'Nobody', 'a schema must be JSON'],
    ['an unknown name in JSON', '"Nobody"', 'no type is called Nobody'],
    ['two branches of a type', ['int', 'int'], 'a union has two branches int'],
    ['a union in a union', ['null', ['int']], 'a union stands directly in a union'],
    ['a record without fields', { type: 'record', name: 'R' }, 'record R has no list of fields'],
    ['a record without a name', { type: 'record', fields: [] }, 'a record has no name'],
    [
      'two fields of a name',
      {
        type: 'record',
        name: 'R',
        fields: [
          { name: 'a', type: 'int' },
          { name: 'a', type: 'int' },
        ],
      },
      'record R has two fields a',
    ],
    [
      'a field name that is none',
      { type: 'record', name: 'R', fields: [{ name: 'a-b', type: 'int' }] },
      'record R has a field called "a-b"',
    ],
    [
      'code in a field name',
      { type: 'record', name: 'R', fields: [{ name: 'a"]; process.exit(); //', type: 'int' }] },
      'record R has a field called',
    ],
    [
      'two types of a name',
      ['null', { type: 'array', items: { type: 'fixed', name: 'F', size: 1 } }, { type: 'fixed', name: 'F', size: 1 }],
      'two types are called F',
    ],
    ['a symbol twice', { type: 'enum', name: 'E', symbols: ['A', 'A'] }, 'enum E has a symbol twice'],
    [
      'a default that is no symbol',
      { type: 'enum', name: 'E', symbols: ['A'], default: 'B' },
      'the default "B" of enum E is none of its symbols',
    ],
    ['a fixed of half a byte', { type: 'fixed', name: 'F', size: 0.5 }, 'fixed F has the size 0.5'],
    [
      'a thousand arrays in each other',
      JSON.parse(`${'{"type":"array","items":'.repeat(1000)}"int"${'}'.repeat(1000)}`),
      'types are nested more than 200 deep',
    ],
  ])('%s', (_name, schema, message) => {
    const parse = (): unknown => parseSchema(schema);
    expect(parse).toThrow(AvroError);
    expect(parse).toThrow(message);
  });
});

test('types that are named and defined elsewhere', () => {
  const { names } = parseSchema({ type: 'record', name: 'a.Money', fields: [{ name: 'amount', type: 'long' }] });
  const { root } = parseSchema({ type: 'record', name: 'a.Order', fields: [{ name: 'total', type: 'Money' }] }, { names });
  expect(canonicalForm(root)).toContain('"a.Money"');
});
