/**
 * Dead letters: records that tell of a failure on a topic of their own, so that what failed can be looked at and put back. Names of headers, and what a record of the default
 * shape holds, are Kafka Streams' (KIP-1034: `ExceptionHandlerUtils`), so that tools for its dead letter topics read ours.
 */
import { type Header, Headers } from '../headers.ts';
import type { RecordMetadata } from '../record.ts';

/** A record for a dead letter topic, as a handler gives it. */
export interface DeadLetter {
  /** Must exist: it is never created by Millrace. Not an internal topic. */
  readonly topic: string;
  /** Default: by the key's hash, as for any output. */
  readonly partition?: number | undefined;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Milliseconds since 1970. Default: the record carries none, and Kafka takes the time at which it is sent. */
  readonly timestamp?: number | undefined;
  readonly headers?: Headers | readonly Header[] | undefined;
}

/** Longest message and stack trace that a dead letter carries, in UTF-16 code units: a letter must not outgrow its topic because an error quotes its input. */
export const maxMessageLength = 4_096;
export const maxStackLength = 16_384;

/** Errors that caused each other and are told in one stack trace. */
const maxCauses = 8;

/** The names of the headers of a dead letter. */
export const deadLetterHeaders = {
  exception: '__streams.errors.exception',
  message: '__streams.errors.message',
  stackTrace: '__streams.errors.stacktrace',
  topic: '__streams.errors.topic',
  partition: '__streams.errors.partition',
  offset: '__streams.errors.offset',
} as const;

/** What a dead letter is made of: where the failure happened, and the bytes that go with it. `ErrorContext` is one. */
export interface DeadLetterSource extends RecordMetadata {
  readonly timestamp: number;
  readonly rawKey: Uint8Array | null;
  readonly rawValue: Uint8Array | null;
  readonly headers: Headers;
}

/**
 * A dead letter of Kafka Streams' shape: key, value, timestamp and headers of the input record as they came, and behind these headers the error and the place, all as text:
 * `__streams.errors.exception` (name of the error's class), `.message`, `.stacktrace` (with causes), `.topic` (null in a punctuation), `.partition`, `.offset`. Message and stack trace
 * are cut at 4,096 and 16,384 characters.
 */
export function deadLetter(topic: string, source: DeadLetterSource, error: unknown): DeadLetter {
  return {
    topic,
    key: source.rawKey,
    value: source.rawValue,
    timestamp: source.timestamp,
    headers: [...source.headers, ...errorHeaders(source, error)],
  };
}

/** The headers that tell error and place. */
export function errorHeaders(place: RecordMetadata, error: unknown): readonly Header[] {
  const { topic } = place;
  return [
    textHeader(deadLetterHeaders.exception, className(error)),
    textHeader(deadLetterHeaders.message, cut(error instanceof Error ? error.message : String(error), maxMessageLength)),
    textHeader(deadLetterHeaders.stackTrace, cut(stackTrace(error), maxStackLength)),
    textHeader(deadLetterHeaders.topic, topic === '' ? null : topic),
    textHeader(deadLetterHeaders.partition, String(place.partition)),
    textHeader(deadLetterHeaders.offset, String(place.offset)),
  ];
}

function textHeader(key: string, value: string | null): Header {
  return { key, value: value === null ? null : new Uint8Array(Buffer.from(value)) };
}

/** The name that an error gives itself, else that of its class: a subclass that sets no name is told by its class. */
function className(error: unknown): string {
  if (!(error instanceof Error)) return error === null ? 'null' : typeof error;
  return error.name === 'Error' ? error.constructor.name : error.name;
}

function stackTrace(error: unknown): string {
  const parts: string[] = [];
  let current = error;
  for (let depth = 0; depth < maxCauses; depth++) {
    parts.push(current instanceof Error ? (current.stack ?? `${current.name}: ${current.message}`) : String(current));
    if (!(current instanceof Error) || current.cause === undefined || current.cause === null) break;
    current = current.cause;
  }
  return parts.join('\nCaused by: ');
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  // A pair of surrogates is not torn apart.
  const last = text.charCodeAt(length - 2);
  const end = last >= 0xd800 && last < 0xdc00 ? length - 2 : length - 1;
  return `${text.slice(0, end)}…`;
}
