/** `@millrace/avro`: Avro serdes for keys and values, in topics and in state, with or without a schema registry. */
export { AvroCodec } from './codec/avro-codec.ts';
export { branch } from './codec/branch.ts';
export type { CodecOptions } from './codec/codec-options.ts';
export type { AvroDuration, LogicalType, LogicalTypes } from './codec/logical-types.ts';
export { AvroError, avroErrorCodes } from './errors.ts';
export type { AvroErrorCode, AvroErrorDetails } from './errors.ts';
