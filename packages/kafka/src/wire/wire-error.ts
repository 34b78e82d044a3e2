/** How carrying a request failed. */

export type WireErrorKind =
  /** The connection broke, before or after the request was sent. */
  | 'disconnected'
  /** No answer in time. */
  | 'timeout'
  /** Nobody listens at the address, or its name is not known. */
  | 'refused'
  /** TLS or SASL said no. */
  | 'authentication'
  /** The broker does not speak the API in this version. */
  | 'unsupported'
  /** The node's address was never learnt, or is gone. */
  | 'unknown-node'
  /** The wire cannot be set up as it was configured, or its library is not one that it knows. */
  | 'configuration'
  /** The caller's signal was aborted. */
  | 'aborted'
  /** The wire was closed. */
  | 'closed';

export type WireErrorCode =
  | 'MR_WIRE_ABORTED'
  | 'MR_WIRE_AUTHENTICATION'
  | 'MR_WIRE_CLOSED'
  | 'MR_WIRE_CONFIGURATION'
  | 'MR_WIRE_DISCONNECTED'
  | 'MR_WIRE_NODE_UNKNOWN'
  | 'MR_WIRE_REFUSED'
  | 'MR_WIRE_TIMEOUT'
  | 'MR_WIRE_VERSION_UNSUPPORTED';

const codes: Readonly<Record<WireErrorKind, WireErrorCode>> = {
  disconnected: 'MR_WIRE_DISCONNECTED',
  timeout: 'MR_WIRE_TIMEOUT',
  refused: 'MR_WIRE_REFUSED',
  authentication: 'MR_WIRE_AUTHENTICATION',
  unsupported: 'MR_WIRE_VERSION_UNSUPPORTED',
  'unknown-node': 'MR_WIRE_NODE_UNKNOWN',
  configuration: 'MR_WIRE_CONFIGURATION',
  aborted: 'MR_WIRE_ABORTED',
  closed: 'MR_WIRE_CLOSED',
};

/** Every code that a wire throws. */
export const wireErrorCodes: readonly WireErrorCode[] = Object.values(codes);

export interface WireErrorOptions {
  /** `node`, `channel`, `api`, `version`, `address`, `timeoutMs`, as far as they are known. */
  readonly details?: Readonly<Record<string, string | number>> | undefined;
  readonly cause?: unknown;
  /** False if the request certainly never left. Default: true. */
  readonly maybeSent?: boolean | undefined;
}

export class WireError extends Error {
  override readonly name = 'WireError';
  readonly kind: WireErrorKind;
  readonly code: WireErrorCode;
  readonly details: Readonly<Record<string, string | number>>;
  /** Whether the same request can succeed later, on this node or on another. */
  readonly retriable: boolean;
  /** Whether the broker may have acted on the request. */
  readonly maybeSent: boolean;

  constructor(kind: WireErrorKind, message: string, options: WireErrorOptions = {}) {
    super(`${codes[kind]}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.code = codes[kind];
    this.details = options.details ?? {};
    this.retriable = kind === 'disconnected' || kind === 'timeout' || kind === 'refused' || kind === 'unknown-node';
    this.maybeSent = options.maybeSent ?? true;
  }
}
