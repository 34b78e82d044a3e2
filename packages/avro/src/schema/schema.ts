/** A parsed schema: a graph of plain objects in which every name is resolved. Recursive types are circles in it. */

export type PrimitiveName = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';

/** What the values of a type mean, where the schema says more than how they are written. */
export interface Logical {
  readonly name: string;
  /** Of a decimal. */
  readonly precision: number;
  readonly scale: number;
  /** Everything that stands beside the logical type in the schema. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface SchemaBase {
  readonly logical: Logical | undefined;
}

export interface PrimitiveSchema extends SchemaBase {
  readonly type: PrimitiveName;
}

interface NamedBase extends SchemaBase {
  /** With namespace. */
  readonly name: string;
  /** With namespace. */
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
}

export interface Field {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly schema: Schema;
  /** As JSON has it; undefined where there is none. */
  readonly default: { readonly json: unknown } | undefined;
  readonly doc: string | undefined;
}

export interface RecordSchema extends NamedBase {
  readonly type: 'record';
  /** Filled after the object is made, so that the record can be named by its own fields. */
  readonly fields: readonly Field[];
}

export interface EnumSchema extends NamedBase {
  readonly type: 'enum';
  readonly symbols: readonly string[];
  /** What a reader takes for symbols it does not know. */
  readonly default: string | undefined;
}

export interface FixedSchema extends NamedBase {
  readonly type: 'fixed';
  readonly size: number;
}

export interface ArraySchema extends SchemaBase {
  readonly type: 'array';
  readonly items: Schema;
}

export interface MapSchema extends SchemaBase {
  readonly type: 'map';
  readonly values: Schema;
}

export interface UnionSchema extends SchemaBase {
  readonly type: 'union';
  readonly branches: readonly Schema[];
}

export type NamedSchema = RecordSchema | EnumSchema | FixedSchema;
export type Schema = PrimitiveSchema | NamedSchema | ArraySchema | MapSchema | UnionSchema;

const primitiveNames: ReadonlySet<string> = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

export function isPrimitiveName(name: string): name is PrimitiveName {
  return primitiveNames.has(name);
}

export function isNamed(schema: Schema): schema is NamedSchema {
  return schema.type === 'record' || schema.type === 'enum' || schema.type === 'fixed';
}

/** What a schema is called in messages: its full name, or its type. */
export function schemaName(schema: Schema): string {
  if (isNamed(schema)) return schema.name;
  if (schema.type === 'union') return `[${schema.branches.map(schemaName).join(', ')}]`;
  if (schema.type === 'array') return `array of ${schemaName(schema.items)}`;
  if (schema.type === 'map') return `map of ${schemaName(schema.values)}`;
  return schema.logical === undefined ? schema.type : `${schema.type} (${schema.logical.name})`;
}

export function unqualified(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
