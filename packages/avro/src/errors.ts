/** Errors of Avro data, schemas and registries. Serdes throw them in the record path, so that the deserialization and production handlers see them as their cause. */

/** Every code that this package throws, one line each; docs/errors.md tells cause and remedy. */
export const avroErrorCodes = [
  /** An option or argument that cannot be. */
  'MR_AVRO_CONFIG_INVALID',
  /** Bytes that are not what their schema says: cut off, too long, a length beyond the end, nested without end. */
  'MR_AVRO_DATA_INVALID',
  /** Bytes that do not start with the magic byte and an id, or with the marker of a single object. */
  'MR_AVRO_FRAME_INVALID',
  /** A 64-bit integer that a JavaScript number cannot hold. */
  'MR_AVRO_LONG_UNSAFE',
  /** The serde has not been opened for this topic, so that it has no id to write. */
  'MR_AVRO_NOT_PREPARED',
  /** The registry answered and refused: authorisation, a request that it does not accept. */
  'MR_AVRO_REGISTRY_REFUSED',
  /** The registry did not answer in time, at none of its addresses. */
  'MR_AVRO_REGISTRY_UNAVAILABLE',
  /** What was written with one schema cannot be read with another. */
  'MR_AVRO_SCHEMA_INCOMPATIBLE',
  /** A text that is no Avro schema. */
  'MR_AVRO_SCHEMA_INVALID',
  /** The registry does not take the schema for its subject, in its own words. */
  'MR_AVRO_SCHEMA_REFUSED',
  /** An id, subject or fingerprint that the registry does not know. */
  'MR_AVRO_SCHEMA_UNKNOWN',
  /** A value that its schema cannot hold. */
  'MR_AVRO_VALUE_INVALID',
] as const;

export type AvroErrorCode = (typeof avroErrorCodes)[number];

/** Where something happened, as far as it is known. The record's topic, partition and offset are in the error that has this one as its cause. */
export interface AvroErrorDetails {
  readonly topic?: string | undefined;
  readonly role?: 'key' | 'value' | undefined;
  /** Of the writer's schema. */
  readonly id?: number | undefined;
  readonly subject?: string | undefined;
  readonly version?: number | undefined;
  /** Name of a schema. */
  readonly schema?: string | undefined;
  /** Way to the place in a value, e.g. `order.lines[2].price`. */
  readonly path?: string | undefined;
  /** HTTP status and error code of the registry. */
  readonly status?: number | undefined;
  readonly registryCode?: number | undefined;
  readonly url?: string | undefined;
}

export interface AvroErrorOptions {
  readonly details?: AvroErrorDetails | undefined;
  readonly cause?: unknown;
}

/** Branch on `code`; the message is for people. */
export class AvroError extends Error {
  override readonly name: string = 'AvroError';
  readonly code: AvroErrorCode;
  readonly details: AvroErrorDetails;
  #waits = true;
  /** The message without the code in front. */
  readonly text: string;

  constructor(code: AvroErrorCode, message: string, options: AvroErrorOptions = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.text = message;
    this.details = options.details ?? {};
  }

  /** True if nothing is wrong but that the registry is away: the runtime waits for it and asks again. */
  get retriable(): boolean {
    return this.code === 'MR_AVRO_REGISTRY_UNAVAILABLE' && this.#waits;
  }

  /** The same failure for those who want to hear of it at once. */
  final(): AvroError {
    const error = new AvroError(this.code, this.text, { details: this.details, cause: this.cause });
    error.#waits = false;
    return error;
  }

  /** The same error with more of its place. */
  at(details: AvroErrorDetails, where: string): AvroError {
    const error = new AvroError(this.code, `${this.text} (${where})`, { details: { ...details, ...this.details }, cause: this.cause });
    error.#waits = this.#waits;
    return error;
  }
}
