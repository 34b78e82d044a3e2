/** Which type of a reader's schema takes what a writer wrote. Avro specification, "Schema Resolution"; Java: `Resolver`. */
import { isNamed, type Schema, type UnionSchema, unqualified } from '../schema/schema.ts';

const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

export function promotes(from: string, to: string): boolean {
  return Object.hasOwn(promotions, from) && promotions[from]?.includes(to) === true;
}

/** Types of one kind that may stand for each other. Records are taken whatever their names outside of unions, as Java does. */
function matches(writer: Schema, reader: Schema, names: 'full' | 'short' | 'any'): boolean {
  if (writer.type !== reader.type) return false;
  if (!isNamed(writer) || !isNamed(reader) || names === 'any') return true;
  if (names === 'full') return writer.name === reader.name;
  return unqualified(writer.name) === unqualified(reader.name) || reader.aliases.includes(writer.name);
}

/** Branches of the reader that may take what the writer wrote, the best first; whether a record really fits shows when its fields are resolved. */
export function candidateBranches(writer: Schema, reader: UnionSchema): readonly Schema[] {
  const { branches } = reader;
  const byName = (names: 'full' | 'short' | 'any'): readonly Schema[] => branches.filter((candidate) => matches(writer, candidate, names));
  const promoted = branches.filter((candidate) => promotes(writer.type, candidate.type));
  return [...new Set([...byName('full'), ...byName('short'), ...(writer.type === 'record' ? byName('any') : []), ...promoted])];
}

/** Enums and fixed types must agree in their names, or by an alias. */
export function namesAgree(writer: Schema, reader: Schema): boolean {
  return matches(writer, reader, 'full') || matches(writer, reader, 'short');
}

const known = new WeakMap<Schema, number>();

/** The least that a value takes, so that a count of items can be held against what is left. */
export function leastBytes(schema: Schema): number {
  switch (schema.type) {
    case 'null':
      return 0;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return schema.size;
    case 'union':
      return 1 + Math.min(...schema.branches.map(leastBytes));
    case 'record': {
      let bytes = known.get(schema);
      if (bytes === undefined) {
        // Within itself, while it is not known: too little is safe.
        known.set(schema, 0);
        bytes = schema.fields.reduce((sum, field) => sum + leastBytes(field.schema), 0);
        known.set(schema, bytes);
      }
      return bytes;
    }
    case 'array':
    case 'map':
    case 'boolean':
    case 'int':
    case 'long':
    case 'bytes':
    case 'string':
    case 'enum':
      return 1;
  }
}
