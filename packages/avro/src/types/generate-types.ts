/** TypeScript for schemas: the types of decoded values, and the schemas themselves, to hand to `avro`. */
import { AvroError } from '../errors.ts';
import type { NamedSchema, RecordSchema, Schema } from '../schema/schema.ts';
import { isNamed } from '../schema/schema.ts';
import { type ParsedSchema, parseSchema } from '../schema/parse-schema.ts';
import { definitionOf, pascalCase, TypeNames } from './type-names.ts';

export interface TypeSource {
  /** What a schema without a name is called: of a file or subject. */
  readonly title: string;
  /** JSON of the schema. */
  readonly schema: string;
  /** Types that the schema names and does not define. */
  readonly names?: ReadonlyMap<string, NamedSchema> | undefined;
}

export interface GenerateOptions {
  /** As in the serde's options. @default 'number' */
  readonly longs?: 'number' | 'bigint' | undefined;
}

export interface GeneratedTypes {
  readonly source: string;
  /** Names of the types, in the order of the source. */
  readonly types: readonly string[];
}

/** @throws MR_AVRO_SCHEMA_INVALID */
export function generateTypes(sources: readonly TypeSource[], options: GenerateOptions = {}): GeneratedTypes {
  const parsed = sources.map((source) => ({ source, ...parsedSource(source) }));
  const named = new Map<string, NamedSchema>();
  for (const { names: found } of parsed) {
    for (const schema of found.values()) if (!named.has(definitionOf(schema))) named.set(definitionOf(schema), schema);
  }
  const names = new TypeNames(named.values());
  const writer = new TypeWriter(names, options.longs === 'bigint' ? 'bigint' : 'number');
  const types: string[] = [];
  const parts = ['// Made from Avro schemas by `millrace avro types`. Changes are lost when it is made again.'];
  for (const schema of named.values()) {
    types.push(names.of(schema));
    parts.push(writer.declaration(schema));
  }
  const roots = new Map<string, string>();
  for (const { root, source } of parsed) {
    let name: string;
    if (isNamed(root)) name = names.of(root);
    else {
      name = names.take(pascalCase(source.title));
      types.push(name);
      parts.push(`export type ${name} = ${writer.type(root)};`);
    }
    const constant = `${name.charAt(0).toLowerCase()}${name.slice(1)}Schema`;
    // Sources with the same schema share it.
    if (!roots.has(constant)) roots.set(constant, JSON.stringify(JSON.parse(quoted(source.schema)), null, 2));
  }
  for (const [constant, json] of roots) parts.push(`export const ${constant}: unknown = ${json};`);
  return { source: `${parts.join('\n\n')}\n`, types };
}

function parsedSource({ names, schema, title }: TypeSource): ParsedSchema {
  try {
    return parseSchema(schema, { names });
  } catch (error) {
    throw error instanceof AvroError ? error.at({ schema: title }, title) : error;
  }
}

/** Bare names of primitive types are no JSON. */
function quoted(schema: string): string {
  return /^[a-z]+$/.test(schema.trim()) ? JSON.stringify(schema.trim()) : schema;
}

class TypeWriter {
  readonly #names: TypeNames;
  readonly #long: string;

  constructor(names: TypeNames, long: string) {
    this.#names = names;
    this.#long = long;
  }

  declaration(schema: NamedSchema): string {
    const name = this.#names.of(schema);
    const head = comment(schema.doc, '');
    if (schema.type === 'record') return `${head}${this.#record(schema, name)}`;
    if (schema.type === 'enum')
      return `${head}export type ${name} = ${schema.symbols.map((symbol) => JSON.stringify(symbol)).join(' | ') || 'never'};`;
    return `${head}export type ${name} = ${this.#fixed(schema)};`;
  }

  type(schema: Schema): string {
    if (isNamed(schema)) return this.#names.of(schema);
    const logical = logicalType(schema);
    if (logical !== undefined) return logical;
    switch (schema.type) {
      case 'null':
      case 'boolean':
      case 'string':
        return schema.type;
      case 'int':
      case 'float':
      case 'double':
        return 'number';
      case 'long':
        return this.#long;
      case 'bytes':
        return 'Uint8Array';
      case 'array':
        return `readonly ${this.#operand(schema.items)}[]`;
      case 'map':
        return `Readonly<Record<string, ${this.type(schema.values)}>>`;
      case 'union':
        return [...new Set(schema.branches.map((branch) => this.type(branch)))].join(' | ') || 'never';
    }
  }

  #record(schema: RecordSchema, name: string): string {
    const fields = schema.fields.map((field) => {
      const key = /^[A-Za-z_$][\w$]*$/.test(field.name) ? field.name : JSON.stringify(field.name);
      return `${comment(field.doc, '  ')}  readonly ${key}: ${this.type(field.schema)};`;
    });
    return `export interface ${name} {\n${fields.join('\n')}\n}`;
  }

  #fixed(schema: Schema): string {
    return logicalType(schema) ?? 'Uint8Array';
  }

  #operand(schema: Schema): string {
    const type = this.type(schema);
    return /[ |]/.test(type) ? `(${type})` : type;
  }
}

/** As the codec decodes them without hooks. */
function logicalType({ logical }: Schema): string | undefined {
  switch (logical?.name) {
    case 'timestamp-millis':
      return 'Date';
    case 'duration':
      return '{ readonly months: number; readonly days: number; readonly milliseconds: number }';
    case 'decimal':
    case 'date':
    case 'time-millis':
    case 'time-micros':
    case 'timestamp-micros':
    case 'timestamp-nanos':
    case 'local-timestamp-millis':
    case 'local-timestamp-micros':
    case 'local-timestamp-nanos':
    case 'uuid':
      return 'string';
    default:
      return undefined;
  }
}

function comment(doc: string | undefined, indent: string): string {
  if (doc === undefined || doc.trim() === '') return '';
  return `${indent}/** ${doc
    .trim()
    .replaceAll('*/', '*\\/')
    .replace(/\s*\n\s*/g, ' ')} */\n`;
}
