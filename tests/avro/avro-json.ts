/** A decoded value in Avro's JSON encoding, in which branches of unions have their names: what Java prints, to compare with. */
import { parseSchema, type Schema } from '@millrace/avro';

/** Branches are known from the bytes; here, from the JSON that is compared with. */
export function matchesAvroJson(schema: Schema, value: unknown, json: unknown): boolean {
  switch (schema.type) {
    case 'null':
      return value === null && json === null;
    case 'boolean':
    case 'string':
    case 'enum':
      return value === json;
    case 'int':
      return Object.is(value, json);
    case 'long':
      return value === json;
    case 'float':
      return typeof value === 'number' && typeof json === 'number' && Object.is(Math.fround(value), Math.fround(json));
    case 'double':
      return Object.is(value, json);
    case 'bytes':
    case 'fixed':
      return value instanceof Uint8Array && typeof json === 'string' && Buffer.from(json, 'latin1').equals(value);
    case 'array':
      return (
        Array.isArray(value) &&
        Array.isArray(json) &&
        value.length === json.length &&
        value.every((item, i) => matchesAvroJson(schema.items, item, json[i]))
      );
    case 'map': {
      const read = value as Record<string, unknown>;
      const expected = json as Record<string, unknown>;
      const keys = Object.keys(expected);
      return Object.keys(read).length === keys.length && keys.every((key) => matchesAvroJson(schema.values, read[key], expected[key]));
    }
    case 'record': {
      const read = value as Record<string, unknown>;
      const expected = json as Record<string, unknown>;
      return (
        Object.keys(read).join() === schema.fields.map(({ name }) => name).join() &&
        schema.fields.every((field) => matchesAvroJson(field.schema, read[field.name], expected[field.name]))
      );
    }
    case 'union': {
      if (json === null) return value === null;
      const [[name, inner]] = Object.entries(json as Record<string, unknown>) as [[string, unknown]];
      const branch = schema.branches.find((candidate) => ('name' in candidate ? candidate.name : candidate.type) === name);
      return branch !== undefined && matchesAvroJson(branch, value, inner);
    }
  }
}

export function schemaOf(json: unknown): Schema {
  return parseSchema(json).root;
}
