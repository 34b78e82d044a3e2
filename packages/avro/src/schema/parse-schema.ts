/** JSON to schema, by the rules of the Avro specification 1.12: names and namespaces, aliases, logical types, recursion. */
import { AvroError } from '../errors.ts';
import {
  type Field,
  isNamed,
  isPrimitiveName,
  type Logical,
  type NamedSchema,
  type PrimitiveName,
  type Schema,
  schemaName,
} from './schema.ts';

/** Deeper schemas are refused: what reads them would run out of stack. */
const maxDepth = 200;
const namePattern = /^[\p{L}_][\p{L}\p{N}_$]*$/u;

type Json = Readonly<Record<string, unknown>>;

export interface ParseOptions {
  /** Types that the schema names and does not define: those of the registry's references. */
  readonly names?: ReadonlyMap<string, NamedSchema> | undefined;
}

export interface ParsedSchema {
  readonly root: Schema;
  /** Every named type that the root reaches, and those that were given. */
  readonly names: ReadonlyMap<string, NamedSchema>;
}

/**
 * @param source a JSON value, its text, or the bare name of a primitive type
 * @throws MR_AVRO_SCHEMA_INVALID
 */
export function parseSchema(source: unknown, options: ParseOptions = {}): ParsedSchema {
  const parser = new SchemaParser(options.names);
  const root = parser.parse(typeof source === 'string' ? jsonOf(source) : source, '', 0);
  return { root, names: parser.names };
}

function jsonOf(text: string): unknown {
  const trimmed = text.trim();
  if (isPrimitiveName(trimmed)) return trimmed;
  try {
    return JSON.parse(trimmed);
  } catch (cause) {
    throw new AvroError('MR_AVRO_SCHEMA_INVALID', `a schema must be JSON, got ${shorten(trimmed)}`, { cause });
  }
}

class SchemaParser {
  readonly names: Map<string, NamedSchema>;

  constructor(given: ReadonlyMap<string, NamedSchema> | undefined) {
    this.names = new Map(given);
  }

  parse(json: unknown, namespace: string, depth: number): Schema {
    if (depth > maxDepth) throw invalid(`types are nested more than ${maxDepth} deep`);
    if (typeof json === 'string') return this.#reference(json, namespace);
    if (Array.isArray(json)) return this.#union(json, namespace, depth);
    if (json === null || typeof json !== 'object') throw invalid(`${shorten(json)} is no schema`);
    // An object, seen as its entries.
    return this.#object(json as Json, namespace, depth);
  }

  #reference(name: string, namespace: string): Schema {
    if (isPrimitiveName(name)) return primitive(name, undefined);
    const found = this.names.get(qualify(name, namespace)) ?? this.names.get(name);
    if (found === undefined) throw invalid(`no type is called ${qualify(name, namespace)}`);
    return found;
  }

  #union(json: readonly unknown[], namespace: string, depth: number): Schema {
    const branches = json.map((branch) => this.parse(branch, namespace, depth + 1));
    const seen = new Set<string>();
    for (const branch of branches) {
      if (branch.type === 'union') throw invalid('a union stands directly in a union');
      const key = isNamed(branch) ? branch.name : branch.type;
      if (seen.has(key)) throw invalid(`a union has two branches ${key}`);
      seen.add(key);
    }
    return { type: 'union', branches, logical: undefined };
  }

  #object(json: Json, namespace: string, depth: number): Schema {
    const { type } = json;
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(json, namespace, depth);
      case 'enum':
        return this.#enum(json, namespace);
      case 'fixed':
        return this.#fixed(json, namespace);
      case 'array':
        return { type: 'array', items: this.parse(json['items'], namespace, depth + 1), logical: undefined };
      case 'map':
        return { type: 'map', values: this.parse(json['values'], namespace, depth + 1), logical: undefined };
      default:
        if (typeof type === 'string' && isPrimitiveName(type)) return primitive(type, logicalOf(json, type, 0));
        // `{ "type": { … } }` and `{ "type": "com.Name" }` stand for what they hold.
        return this.parse(type, namespace, depth + 1);
    }
  }

  #record(json: Json, namespace: string, depth: number): Schema {
    const fields: Field[] = [];
    const { name, space, ...named } = namesOf(json, namespace);
    const schema: Schema = { type: 'record', name, ...named, fields, logical: undefined };
    this.#define(schema);
    const { fields: given } = json;
    if (!Array.isArray(given)) throw invalid(`record ${name} has no list of fields`);
    const seen = new Set<string>();
    for (const item of given as readonly unknown[]) {
      if (item === null || typeof item !== 'object') throw invalid(`record ${name} has a field ${shorten(item)}`);
      // An object, seen as its entries.
      const field = item as Json;
      const fieldName = field['name'];
      if (typeof fieldName !== 'string' || !namePattern.test(fieldName))
        throw invalid(`record ${name} has a field called ${shorten(fieldName)}`);
      if (seen.has(fieldName)) throw invalid(`record ${name} has two fields ${fieldName}`);
      seen.add(fieldName);
      fields.push({
        name: fieldName,
        aliases: textsOf(field['aliases'], `aliases of field ${fieldName}`),
        schema: this.#fieldSchema(field, name, space, depth),
        default: 'default' in field ? { json: field['default'] } : undefined,
        doc: typeof field['doc'] === 'string' ? field['doc'] : undefined,
      });
    }
    return schema;
  }

  #fieldSchema(field: Json, record: string, space: string, depth: number): Schema {
    if (!('type' in field)) throw invalid(`field ${String(field['name'])} of record ${record} has no type`);
    return this.parse(field['type'], space, depth + 1);
  }

  #enum(json: Json, namespace: string): Schema {
    const { name, space: _, ...named } = namesOf(json, namespace);
    const symbols = textsOf(json['symbols'], `symbols of enum ${name}`);
    if (new Set(symbols).size !== symbols.length) throw invalid(`enum ${name} has a symbol twice`);
    const fallback = json['default'];
    if (fallback !== undefined && (typeof fallback !== 'string' || !symbols.includes(fallback))) {
      throw invalid(`the default ${shorten(fallback)} of enum ${name} is none of its symbols`);
    }
    return this.#define({ type: 'enum', name, ...named, symbols, default: fallback, logical: undefined });
  }

  #fixed(json: Json, namespace: string): Schema {
    const { name, space: _, ...named } = namesOf(json, namespace);
    const { size } = json;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > 0x7fffffff)
      throw invalid(`fixed ${name} has the size ${shorten(size)}`);
    return this.#define({ type: 'fixed', name, ...named, size, logical: logicalOf(json, 'fixed', size) });
  }

  #define<S extends NamedSchema>(schema: S): S {
    if (isPrimitiveName(schema.name)) throw invalid(`${schema.name} is the name of a primitive type`);
    if (this.names.has(schema.name)) throw invalid(`two types are called ${schemaName(schema)}`);
    this.names.set(schema.name, schema);
    return schema;
  }
}

const plain = new Map<PrimitiveName, Schema>();

/** Types without a logical one are shared. */
function primitive(type: PrimitiveName, logical: Logical | undefined): Schema {
  if (logical !== undefined) return { type, logical };
  let schema = plain.get(type);
  if (schema === undefined) plain.set(type, (schema = { type, logical: undefined }));
  return schema;
}

interface Names {
  readonly name: string;
  /** Namespace of what stands inside. */
  readonly space: string;
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
}

function namesOf(json: Json, enclosing: string): Names {
  const { aliases, doc, name: given, namespace } = json;
  if (typeof given !== 'string' || given === '') throw invalid(`a ${String(json['type'])} has no name`);
  const name = qualify(given, typeof namespace === 'string' ? namespace : enclosing);
  if (!name.split('.').every((part) => namePattern.test(part))) throw invalid(`${shorten(given)} is no name of a type`);
  const space = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '';
  return {
    name,
    space,
    aliases: textsOf(aliases, `aliases of ${name}`).map((alias) => qualify(alias, space)),
    doc: typeof doc === 'string' ? doc : undefined,
  };
}

function qualify(name: string, namespace: string): string {
  if (name.startsWith('.')) return name.slice(1);
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function textsOf(json: unknown, what: string): readonly string[] {
  if (json === undefined && what.startsWith('aliases')) return [];
  if (!Array.isArray(json) || !json.every((item) => typeof item === 'string'))
    throw invalid(`${what} must be a list of names, got ${shorten(json)}`);
  return json;
}

const carriers: Readonly<Record<string, readonly string[]>> = {
  decimal: ['bytes', 'fixed'],
  date: ['int'],
  'time-millis': ['int'],
  'time-micros': ['long'],
  'timestamp-millis': ['long'],
  'timestamp-micros': ['long'],
  'timestamp-nanos': ['long'],
  'local-timestamp-millis': ['long'],
  'local-timestamp-micros': ['long'],
  'local-timestamp-nanos': ['long'],
  uuid: ['string', 'fixed'],
  duration: ['fixed'],
};

/** A known logical type that does not fit its type is no logical type, as the specification wants it. Unknown ones are kept for hooks. */
function logicalOf(json: Json, type: string, size: number): Logical | undefined {
  const name = json['logicalType'];
  if (typeof name !== 'string') return undefined;
  if (Object.hasOwn(carriers, name) && carriers[name]?.includes(type) === false) return undefined;
  const { precision = 0, scale = 0 } = json;
  if (typeof precision !== 'number' || typeof scale !== 'number') return undefined;
  if (name === 'decimal') {
    if (!Number.isInteger(precision) || !Number.isInteger(scale) || precision < 1 || scale < 0 || scale > precision) return undefined;
    if (type === 'fixed' && precision > Math.floor(Math.log10(2) * (8 * size - 1))) return undefined;
  }
  if ((name === 'duration' && size !== 12) || (name === 'uuid' && type === 'fixed' && size !== 16)) return undefined;
  return { name, precision, scale, attributes: json };
}

function invalid(message: string): AvroError {
  return new AvroError('MR_AVRO_SCHEMA_INVALID', message);
}

/** A value as a message shows it. */
export function shorten(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
