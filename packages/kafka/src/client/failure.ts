/** Turns what wires, the protocol layer and brokers report into the one error of the port: a ClientError whose kind says what must happen next. */
import { ClientError, formatTopicPartition, type FailureKind, type TopicPartition } from '@millrace/core/kafka';
import { brokerErrorByCode } from '../protocol/errors.ts';
import { WireError } from '../wire/wire-error.ts';

export type FailureDetails = Readonly<Record<string, string | number | boolean | undefined>>;

/** An error code that a broker answered. `doing` completes "… failed", e.g. `Joining group "a"`. */
export function brokerFailure(code: number, doing: string, details: FailureDetails = {}, kind?: FailureKind): ClientError {
  const known = brokerErrorByCode(code);
  const remedy = known.remedy === undefined ? '' : `: ${known.remedy}`;
  return new ClientError(kind ?? known.kind, `${doing} failed with ${known.name} (${code})${remedy}`, { kafkaCode: code, details });
}

/** As {@link brokerFailure} for one partition. */
export function partitionFailure(
  code: number,
  doing: string,
  tp: TopicPartition,
  details: FailureDetails = {},
  kind?: FailureKind,
): ClientError {
  return brokerFailure(code, `${doing} ${formatTopicPartition(tp)}`, { ...details, topic: tp.topic, partition: tp.partition }, kind);
}

/** Anything that was thrown below the client. A ClientError stays what it is. */
export function asClientError(error: unknown, doing: string, details: FailureDetails = {}): ClientError {
  if (error instanceof ClientError) return error;
  if (error instanceof WireError) {
    return new ClientError(error.retriable ? 'retriable' : 'fatal', `${doing} failed: ${textOf(error)}`, {
      details: { ...error.details, ...details },
      cause: error,
    });
  }
  return new ClientError('fatal', `${doing} failed: ${textOf(error)}`, { details, cause: error });
}

/** The message of an error for use inside another message: without the code that our errors begin with. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return code !== '' && error.message.startsWith(code) ? error.message.slice(code.length) : error.message;
}

/** Whether the broker may have acted on the request that failed so. */
export function maybeSent(error: ClientError): boolean {
  return !(error.cause instanceof WireError) || error.cause.maybeSent;
}

/** What calls after `close`, and those that were pending then, reject with. */
export function closedError(what: string): ClientError {
  return new ClientError('fatal', `${what} was closed: make a new one`, { details: { closed: true } });
}
