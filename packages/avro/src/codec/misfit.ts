/** Finds the first place at which a value is not what its schema holds. Slow, and asked only where it matters: to name the place in an error, and to tell records of a union apart. */
import { AvroError } from '../errors.ts';
import { shorten } from '../schema/parse-schema.ts';
import { type RecordSchema, type Schema, schemaName } from '../schema/schema.ts';
import type { CodecSettings } from './codec-options.ts';
import { conversionOf } from './logical-types.ts';

export interface Misfit {
  readonly path: string;
  readonly message: string;
}

/** What has its content in properties. Others (a Map, a promise that nobody awaited) would be written as if they were empty. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object') return false;
  if (Object.prototype.toString.call(value) === '[object Object]') return true;
  return !Array.isArray(value) && !ArrayBuffer.isView(value) && !(value instanceof Date) && Object.keys(value).length > 0;
}

/** Whether every object inherits a property of this name, so that reading it says nothing of the object. */
export function isInherited(name: string): boolean {
  return name in Object.prototype;
}

/** Undefined if the value fits. */
export function findMisfit(schema: Schema, value: unknown, settings: CodecSettings, path = ''): Misfit | undefined {
  const conversion = conversionOf(schema, settings.logicalTypes);
  if (conversion === undefined) return underlyingMisfit(schema, value, settings, path);
  try {
    return underlyingMisfit(schema, conversion.encode(value), settings, path);
  } catch (error) {
    return {
      path,
      message: error instanceof AvroError ? error.text : `the logical type ${schema.logical?.name ?? ''} refused it: ${String(error)}`,
    };
  }
}

function underlyingMisfit(schema: Schema, value: unknown, settings: CodecSettings, path: string): Misfit | undefined {
  if (schema.type === 'record') return recordMisfit(schema, value, settings, path);
  if (schema.type === 'array' && Array.isArray(value)) {
    return firstMisfit(value.entries(), ([index, item]) => findMisfit(schema.items, item, settings, `${path}[${index}]`));
  }
  if (schema.type === 'map' && isObject(value)) {
    return firstMisfit(Object.entries(value), ([key, item]) =>
      findMisfit(schema.values, item, settings, `${path}[${JSON.stringify(key)}]`),
    );
  }
  if (schema.type === 'union') {
    const misfits = schema.branches.map((branch) => findMisfit(branch, value, settings, path));
    if (misfits.includes(undefined)) return undefined;
    // The one that got farthest into the value says most.
    const deepest = misfits.reduce((best, next) => ((next?.path.length ?? 0) > (best?.path.length ?? 0) ? next : best));
    return deepest !== undefined && deepest.path !== path
      ? deepest
      : { path, message: `${shorten(value)} is of no branch of ${schemaName(schema)}` };
  }
  return holds(schema, value) ? undefined : { path, message: `${shorten(value)} is no ${schemaName(schema)}` };
}

function recordMisfit(schema: RecordSchema, value: unknown, settings: CodecSettings, path: string): Misfit | undefined {
  if (!isObject(value)) return { path, message: `${shorten(value)} is no object for the record ${schema.name}` };
  const inside = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const field of schema.fields) {
    const item = isInherited(field.name) && !Object.hasOwn(value, field.name) ? undefined : value[field.name];
    if (item === undefined) {
      if (field.default === undefined) return { path: inside(field.name), message: `the record ${schema.name} must have it` };
      continue;
    }
    const misfit = findMisfit(field.schema, item, settings, inside(field.name));
    if (misfit !== undefined) return misfit;
  }
  if (settings.dropsUnknownFields) return undefined;
  const extra = Object.keys(value).find((key) => value[key] !== undefined && !schema.fields.some(({ name }) => name === key));
  return extra === undefined ? undefined : { path: inside(extra), message: `the record ${schema.name} has no such field` };
}

function firstMisfit<T>(items: Iterable<T>, look: (item: T) => Misfit | undefined): Misfit | undefined {
  for (const item of items) {
    const misfit = look(item);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

const largest = 2n ** 63n;

export function isLong(value: unknown): boolean {
  if (typeof value === 'bigint') return value >= -largest && value < largest;
  return Number.isSafeInteger(value);
}

/** Whether a value is one of a type that has no parts. */
export function holds(schema: Schema, value: unknown): boolean {
  switch (schema.type) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'number' && value === (value | 0);
    case 'long':
      return isLong(value);
    case 'float':
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'bytes':
      return value instanceof Uint8Array;
    case 'fixed':
      return value instanceof Uint8Array && value.length === schema.size;
    case 'enum':
      return typeof value === 'string' && schema.symbols.includes(value);
    case 'array':
      return Array.isArray(value);
    case 'map':
    case 'record':
      return isObject(value);
    case 'union':
      return schema.branches.some((branch) => holds(branch, value));
  }
}
