/** The one function that makes an Avro serde. */
import type { Serde } from '@millrace/core';
import { AvroError } from '../errors.ts';
import { parseSchema, shorten } from '../schema/parse-schema.ts';
import { isPrimitiveName } from '../schema/schema.ts';
import type { AvroObjectOptions, AvroRegistryOptions } from './avro-options.ts';
import { ObjectSerde } from './object-serde.ts';
import { RegistrySerde } from './registry-serde.ts';

/**
 * A serde for keys or values.
 *
 * @param source a schema (JSON, or its text), the name of a subject, or `'latest'` for the topic's own subject. Of a subject the newest version at the start is read and written
 * @throws MR_AVRO_SCHEMA_INVALID for a schema that is none
 */
export function avro<T>(source: unknown, options: AvroRegistryOptions | AvroObjectOptions = {}): Serde<T> {
  const isEmpty = typeof source === 'string' && source.trim() === '';
  if (isEmpty) throw new AvroError('MR_AVRO_SCHEMA_INVALID', 'an empty text is neither a schema nor the name of a subject');
  if (options.registry === undefined) {
    if (typeof source === 'string' && isSubject(source))
      throw new AvroError('MR_AVRO_SCHEMA_INVALID', `${shorten(source)} is no schema; if it names a subject, it needs { registry }`);
    return new ObjectSerde<T>(source, options);
  }
  if (typeof source === 'string' && isSubject(source))
    return new RegistrySerde<T>({ latestOf: source === 'latest' ? undefined : source }, options);
  const { references = [] } = options;
  const schema = typeof source === 'string' ? source : JSON.stringify(source);
  const root = references.length === 0 ? parseSchema(source).root : undefined;
  return new RegistrySerde<T>({ text: { schema, references }, root }, options);
}

/** Schemas as text are JSON, or the name of a primitive type. */
function isSubject(text: string): boolean {
  return !/^\s*["[{]/.test(text) && !isPrimitiveName(text.trim());
}
