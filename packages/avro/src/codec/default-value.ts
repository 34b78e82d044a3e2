/** Defaults of fields: JSON in the schema, values in JavaScript. */
import { AvroError } from '../errors.ts';
import { shorten } from '../schema/parse-schema.ts';
import type { Schema } from '../schema/schema.ts';
import type { CodecSettings } from './codec-options.ts';
import { conversionOf } from './logical-types.ts';

/**
 * Makes the value anew with every call, since users change what they get.
 *
 * @throws MR_AVRO_SCHEMA_INVALID if the default does not fit its type
 */
export function defaultValue(schema: Schema, json: unknown, settings: CodecSettings, field: string): unknown {
  const underlying = underlyingValue(schema, json, settings, field);
  const conversion = conversionOf(schema, settings.logicalTypes);
  if (conversion === undefined) return underlying;
  return conversion.decode(conversion.bigLong && typeof underlying === 'number' ? BigInt(underlying) : underlying);
}

function underlyingValue(schema: Schema, json: unknown, settings: CodecSettings, field: string): unknown {
  switch (schema.type) {
    case 'null':
      if (json === null) return null;
      break;
    case 'boolean':
      if (typeof json === 'boolean') return json;
      break;
    case 'int':
      if (typeof json === 'number' && json === (json | 0)) return json;
      break;
    case 'long':
      if (typeof json === 'number' && Number.isSafeInteger(json))
        return settings.bigLongs && schema.logical === undefined ? BigInt(json) : json;
      break;
    case 'float':
    case 'double':
      if (typeof json === 'number') return json;
      if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return Number(json);
      break;
    case 'string':
      if (typeof json === 'string') return json;
      break;
    case 'bytes':
      if (typeof json === 'string') return bytesOf(json);
      break;
    case 'fixed':
      if (typeof json === 'string' && json.length === schema.size) return bytesOf(json);
      break;
    case 'enum':
      if (typeof json === 'string' && schema.symbols.includes(json)) return json;
      break;
    case 'array':
      if (Array.isArray(json)) return json.map((item) => defaultValue(schema.items, item, settings, field));
      break;
    case 'map':
      if (isObject(json)) {
        const map: Record<string, unknown> = {};
        for (const [key, value] of Object.entries(json)) define(map, key, defaultValue(schema.values, value, settings, field));
        return map;
      }
      break;
    case 'record':
      if (isObject(json)) {
        const record: Record<string, unknown> = {};
        for (const { default: fallback, name, schema: type } of schema.fields) {
          const value = Object.hasOwn(json, name) ? json[name] : fallback?.json;
          if (value === undefined) throw unfit(schema, json, field);
          define(record, name, defaultValue(type, value, settings, field));
        }
        return record;
      }
      break;
    case 'union':
      // The first branch by the specification up to 1.11, any since 1.12.
      for (const branch of schema.branches) {
        try {
          return defaultValue(branch, json, settings, field);
        } catch (error) {
          if (!(error instanceof AvroError)) throw error;
        }
      }
      break;
  }
  throw unfit(schema, json, field);
}

/** An assignment to `__proto__` would be lost. */
export function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return json !== null && typeof json === 'object' && !Array.isArray(json);
}

/** Code points 0 to 255 stand for bytes. */
function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

function unfit(schema: Schema, json: unknown, field: string): AvroError {
  return new AvroError('MR_AVRO_SCHEMA_INVALID', `the default ${shorten(json)} of ${field} does not fit the type ${schema.type}`, {
    details: { path: field },
  });
}
