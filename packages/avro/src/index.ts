/** `@millrace/avro`: Avro serdes for keys and values, in topics and in state, with or without a schema registry. */
export { AvroCodec } from './codec/avro-codec.ts';
export { branch } from './codec/branch.ts';
export type { CodecOptions } from './codec/codec-options.ts';
export type { AvroDuration, LogicalType, LogicalTypes } from './codec/logical-types.ts';
export { AvroError, avroErrorCodes } from './errors.ts';
export type { AvroErrorCode, AvroErrorDetails } from './errors.ts';
export { schemaRegistry } from './registry/http-registry.ts';
export type { RegistryAuth, SchemaRegistryOptions } from './registry/http-registry.ts';
export type { TlsOptions } from './registry/http-send.ts';
export type { MaybePromise, SchemaReference, SchemaRegistry, SchemaText, SchemaVersion } from './registry/schema-registry.ts';
export type { SubjectName } from './registry/subject-names.ts';
export { canonicalForm, fingerprint } from './schema/canonical-form.ts';
export { findIncompatibility } from './schema/compatibility.ts';
export { parseSchema } from './schema/parse-schema.ts';
export type { ParsedSchema, ParseOptions } from './schema/parse-schema.ts';
export type { Schema } from './schema/schema.ts';
export { avro } from './serde/avro.ts';
export type { AvroObjectOptions, AvroRegistryOptions } from './serde/avro-options.ts';
