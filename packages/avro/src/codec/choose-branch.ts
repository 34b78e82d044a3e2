/** Which branch of a union a plain value is of. By its JavaScript type where that decides, by its content where several branches share one, never by guess. */
import { AvroError } from '../errors.ts';
import { shorten } from '../schema/parse-schema.ts';
import { type Schema, schemaName, type UnionSchema } from '../schema/schema.ts';
import { branchOf } from './branch.ts';
import type { CodecSettings } from './codec-options.ts';
import { conversionOf } from './logical-types.ts';
import { findMisfit, isObject } from './misfit.ts';

/** The kinds of JavaScript values that are told apart. */
type Kind = 'null' | 'boolean' | 'number' | 'bigint' | 'string' | 'bytes' | 'array' | 'date' | 'object' | 'other';

function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return typeof value as Kind;
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'array';
      if (value instanceof Uint8Array) return 'bytes';
      return value instanceof Date ? 'date' : 'object';
    default:
      return 'other';
  }
}

/** Kinds of values that a type without a logical one may take. */
function kindsOf(schema: Schema): readonly Kind[] {
  switch (schema.type) {
    case 'null':
      return ['null'];
    case 'boolean':
      return ['boolean'];
    case 'int':
    case 'float':
    case 'double':
      return ['number'];
    case 'long':
      return ['number', 'bigint'];
    case 'string':
    case 'enum':
      return ['string'];
    case 'bytes':
    case 'fixed':
      return ['bytes'];
    case 'array':
      return ['array'];
    case 'map':
    case 'record':
      return ['object'];
    case 'union':
      return [];
  }
}

/** The closer a type is to what it takes, the earlier it is asked: an int before a long, an enum's symbol before any text. */
const closeness = [
  'null',
  'boolean',
  'enum',
  'fixed',
  'int',
  'long',
  'double',
  'float',
  'record',
  'string',
  'bytes',
  'array',
  'map',
  'union',
];

export interface BranchChooser {
  /** Index of the branch. @throws MR_AVRO_VALUE_INVALID if there is none, or more than one record that fits */
  (value: unknown): number;
}

export function branchChooser(union: UnionSchema, settings: CodecSettings): BranchChooser {
  const { branches } = union;
  const order = branches
    .map((_, index) => index)
    .sort((a, b) => rank(branches[a] as Schema, settings) - rank(branches[b] as Schema, settings));
  const byKind = new Map<Kind, readonly number[]>();
  const kinds: readonly Kind[] = ['null', 'boolean', 'number', 'bigint', 'string', 'bytes', 'array', 'date', 'object', 'other'];
  for (const kind of kinds) {
    byKind.set(
      kind,
      order.filter((index) => {
        const schema = branches[index] as Schema;
        // What a logical type takes only it can tell.
        return conversionOf(schema, settings.logicalTypes) !== undefined || kindsOf(schema).includes(kind);
      }),
    );
  }
  return (value) => {
    const candidates = byKind.get(kindOf(value)) as readonly number[];
    const [first] = candidates;
    // What does not fit is found when it is written.
    if (candidates.length === 1) return first as number;
    return choose(union, candidates, value, settings);
  };
}

/** Logical types go before plain ones of their kind: their form is narrower. */
function rank(schema: Schema, settings: CodecSettings): number {
  return closeness.indexOf(schema.type) * 2 + (conversionOf(schema, settings.logicalTypes) === undefined ? 1 : -closeness.length * 2);
}

function choose(union: UnionSchema, candidates: readonly number[], value: unknown, settings: CodecSettings): number {
  const { branches } = union;
  if (isObject(value)) {
    const marked = branchOf(value);
    if (marked !== undefined) {
      const index = branches.findIndex((schema) => schema.type === 'record' && schema.name === marked);
      if (index >= 0) return index;
    }
  }
  const fitting = candidates.filter((index) => findMisfit(branches[index] as Schema, value, settings) === undefined);
  const [first] = fitting;
  if (first === undefined) throw new AvroError('MR_AVRO_VALUE_INVALID', `${shorten(value)} is of no branch of ${schemaName(union)}`);
  const records = fitting.filter((index) => branches[index]?.type === 'record');
  if (records.length > 1) {
    const names = records.map((index) => schemaName(branches[index] as Schema));
    throw new AvroError(
      'MR_AVRO_VALUE_INVALID',
      `${shorten(value)} fits ${names.join(' and ')} alike: say which with branch('${names[0]}', value)`,
    );
  }
  return first;
}
