/** Under which subject a schema is registered. Confluent: `TopicNameStrategy`, `RecordNameStrategy`, `TopicRecordNameStrategy`. */
import type { SerdeTarget } from '@millrace/core';
import { AvroError } from '../errors.ts';
import { isNamed, type Schema, schemaName } from '../schema/schema.ts';

/** `topic`: `<topic>-key` or `<topic>-value`. `record`: the schema's full name. `topic-record`: both. Or a name, or a function that makes one. */
export type SubjectName = 'topic' | 'record' | 'topic-record' | ((target: SerdeTarget, schemaName: string | undefined) => string);

/** @throws MR_AVRO_CONFIG_INVALID where the strategy wants a name that the schema does not have */
export function subjectOf(strategy: SubjectName, target: SerdeTarget, schema: Schema | undefined): string {
  const name = schema !== undefined && isNamed(schema) ? schema.name : undefined;
  if (typeof strategy === 'function') return strategy(target, name);
  if (strategy === 'topic') return `${target.topic}-${target.role}`;
  if (name === undefined) {
    throw new AvroError(
      'MR_AVRO_CONFIG_INVALID',
      `the subject strategy '${strategy}' wants a schema with a name, got ${schema === undefined ? 'none' : schemaName(schema)} for the ${target.role} of ${target.topic}`,
      { details: { topic: target.topic, role: target.role } },
    );
  }
  return strategy === 'record' ? name : `${target.topic}-${name}`;
}
