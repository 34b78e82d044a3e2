/** Errors of the embedded cluster that its user sees. What a Kafka client sees are Kafka's error codes. */

/** Every code that the embedded cluster throws. */
export const embeddedKafkaErrorCodes = [
  /** A call on a cluster that was closed. */
  'MR_EMBEDDED_CLOSED',
  /** An option or argument that cannot be. */
  'MR_EMBEDDED_ARGUMENT_INVALID',
  /** No broker with this id. */
  'MR_EMBEDDED_BROKER_UNKNOWN',
  /** The broker is stopped, and cannot lead or coordinate. */
  'MR_EMBEDDED_BROKER_STOPPED',
  /** No such topic or partition. */
  'MR_EMBEDDED_TOPIC_UNKNOWN',
  /** The topic cannot be made: `details.kafkaCode` is what a client would be told. */
  'MR_EMBEDDED_TOPIC_REFUSED',
  /** The address of a cluster that does not listen. */
  'MR_EMBEDDED_NOT_LISTENING',
  /** A port that is taken, or may not be opened. */
  'MR_EMBEDDED_LISTEN_FAILED',
  /** Nothing on the virtual clock can settle what is waited for. */
  'MR_VIRTUAL_CLOCK_DEADLOCK',
  /** The code under the virtual clock goes round without time passing. */
  'MR_VIRTUAL_CLOCK_LIVELOCK',
] as const;

export type EmbeddedKafkaErrorCode = (typeof embeddedKafkaErrorCodes)[number];

export class EmbeddedKafkaError extends Error {
  override readonly name = 'EmbeddedKafkaError';
  readonly code: EmbeddedKafkaErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: EmbeddedKafkaErrorCode,
    message: string,
    options: { readonly details?: Readonly<Record<string, string | number>> | undefined; readonly cause?: unknown } = {},
  ) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}
