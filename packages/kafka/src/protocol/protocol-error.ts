/** Errors of the protocol layer: bytes that cannot be read, values that cannot be written. */

/** Every code that the protocol layer throws. */
export const protocolErrorCodes = [
  /** Bytes that are no message of the API and version they claim to be. */
  'MR_PROTOCOL_MALFORMED',
  /** A value that the message, or this version of it, cannot carry. */
  'MR_PROTOCOL_UNREPRESENTABLE',
  /** A version that is not described here, or an API that is unknown. */
  'MR_PROTOCOL_VERSION_UNKNOWN',
  /** A frame longer than the limit. */
  'MR_PROTOCOL_FRAME_TOO_LARGE',
  /** A record batch that fails its checksum or its own lengths. */
  'MR_RECORDS_CORRUPT',
  /** Message sets of Kafka before 0.11 (magic 0 and 1). */
  'MR_RECORDS_FORMAT_OLD',
  /** A batch in a compression that this installation cannot read or write. */
  'MR_COMPRESSION_UNAVAILABLE',
  /** A batch that grows beyond the limit when it is decompressed. */
  'MR_COMPRESSION_LIMIT',
] as const;

export type ProtocolErrorCode = (typeof protocolErrorCodes)[number];

/** `details` tells the place: `api`, `version`, `field` (path from the root of the message), `offset` (of a record batch). */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: ProtocolErrorCode,
    message: string,
    options: { readonly details?: Readonly<Record<string, string | number>> | undefined; readonly cause?: unknown } = {},
  ) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}
