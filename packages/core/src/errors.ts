/**
 * The errors of core: one root class with a code from one closed list, subclasses only where a caller branches on them.
 *
 * Three families that are never mixed: the caller is wrong (thrown while building, with the fix in the message), the world failed
 * (a policy decides), we are wrong ({@link invariant}, which stops the task).
 */

/** Every code that core throws, one line each; docs/errors.md tells cause and remedy. */
export const errorCodes = [
  'MR_ARGUMENT_INVALID',
  'MR_ASYNC_RESULT',
  'MR_BUFFER_FULL',
  'MR_CHANGELOG_INCOMPLETE',
  'MR_CHANGELOG_TRUNCATED',
  'MR_CLIENT_ABORTABLE',
  'MR_CLIENT_FATAL',
  'MR_CLIENT_FENCED',
  'MR_CLIENT_RETRIABLE',
  'MR_CLIENT_UNCERTAIN',
  'MR_CLOSED',
  'MR_CONFIG_INVALID',
  'MR_COPARTITION_MISMATCH',
  'MR_DESERIALIZATION',
  'MR_FEATURE_UNAVAILABLE',
  'MR_GROUP_DATA_INVALID',
  'MR_INTERNAL_TOPIC_INVALID',
  'MR_INVARIANT',
  'MR_NULL_RESULT',
  'MR_OFFSET_MISSING',
  'MR_OFFSET_OUT_OF_RANGE',
  'MR_OPTIMIZATION_IMPOSSIBLE',
  'MR_PREPARATION_TIMEOUT',
  'MR_PROCESSING',
  'MR_PRODUCTION',
  'MR_RECORD_CORRUPT',
  'MR_RECORD_MISSING',
  'MR_SERDE_MISSING',
  'MR_SERIALIZATION',
  'MR_SHUTDOWN_REQUESTED',
  'MR_SOURCE_TOPIC_MISSING',
  'MR_STATE_INVALID',
  'MR_STORE_FORMAT_MISMATCH',
  'MR_STORE_UNAVAILABLE',
  'MR_TASK_LOST',
  'MR_TIMESTAMP_INVALID',
  'MR_TOPIC_RECREATED',
  'MR_TOPIC_UNKNOWN',
  'MR_TOPOLOGY_INVALID',
  'MR_TOPOLOGY_MISMATCH',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Where something happened, as far as it is known. */
export interface ErrorDetails {
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly offset?: number | undefined;
  readonly taskId?: string | undefined;
  readonly node?: string | undefined;
  readonly store?: string | undefined;
  readonly [name: string]: string | number | boolean | undefined;
}

export interface ErrorOptions {
  readonly details?: ErrorDetails | undefined;
  readonly cause?: unknown;
}

/** Root of all errors that Millrace throws on purpose. Branch on `code`; the message is for people. */
export class StreamsError extends Error {
  override readonly name: string = 'StreamsError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** A topology that cannot be built. Kafka Streams: `TopologyException`. */
export class TopologyError extends StreamsError {
  override readonly name: string = 'TopologyError';

  constructor(message: string, options: ErrorOptions = {}) {
    super('MR_TOPOLOGY_INVALID', message, options);
  }
}

/** How the runtime treats a failure of the Kafka client. */
export type FailureKind =
  /** Try again later; nothing is lost. */
  | 'retriable'
  /** The transaction must be aborted; the producer can go on after it was initialised again. */
  | 'abortable'
  /** Another owner exists: close everything without committing, join again. */
  | 'fenced'
  /** A commit whose outcome is not known. */
  | 'uncertain'
  /** Authorisation, unsupported version, invalid configuration: stop. */
  | 'fatal';

const clientCodes = {
  retriable: 'MR_CLIENT_RETRIABLE',
  abortable: 'MR_CLIENT_ABORTABLE',
  fenced: 'MR_CLIENT_FENCED',
  uncertain: 'MR_CLIENT_UNCERTAIN',
  fatal: 'MR_CLIENT_FATAL',
} as const satisfies Record<FailureKind, ErrorCode>;

/** A failure of the Kafka client, classified by what must happen next. `kafkaCode` is the broker's error code where it sent one. */
export class ClientError extends StreamsError {
  override readonly name: string = 'ClientError';
  readonly kind: FailureKind;
  readonly kafkaCode: number | undefined;

  constructor(kind: FailureKind, message: string, options: ErrorOptions & { readonly kafkaCode?: number | undefined } = {}) {
    super(clientCodes[kind], message, options);
    this.kind = kind;
    this.kafkaCode = options.kafkaCode;
  }
}

/** Stops what is going on if one of our own promises is broken. `promise` names it, e.g. `I2: …`. */
export function invariant(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new StreamsError('MR_INVARIANT', promise);
}

/** A value of any type in a message: its text, and its type where the text does not show it. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'object') return value.constructor?.name ?? 'an object';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return `${value} (a ${typeof value})`;
  return `a ${typeof value}`;
}
