/** Schemas as bytes beside a store's data. */
import { AvroError } from '../errors.ts';

export function keptBytes(texts: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(texts), 'utf8'));
}

/** @throws MR_AVRO_SCHEMA_INVALID for bytes that are not of {@link keptBytes} */
export function keptTexts(bytes: Uint8Array): readonly string[] {
  let cause: unknown;
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (Array.isArray(json) && json.every((text) => typeof text === 'string')) return json;
  } catch (error) {
    cause = error;
  }
  throw new AvroError('MR_AVRO_SCHEMA_INVALID', 'what was kept of a schema with the state is not readable', { cause });
}
