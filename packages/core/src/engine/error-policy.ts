/**
 * What happens to a failure of user code, serdes or handlers: the declared handler decides, and what it lets pass is counted as dropped (EX-01 … EX-04, S-29, S-175).
 * Everything that stops the task leaves here as one error that is wrapped once, with task, node, topic, partition and offset.
 */
import { StateError } from '@millrace/state';
import { ClientError, describeValue, type ErrorDetails, StreamsError } from '../errors.ts';
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import { Headers } from '../headers.ts';
import type { StreamRecord } from '../record.ts';
import { checkOptionNames } from '../option-checks.ts';
import { mayBeReadLater } from '../serde/retriable.ts';
import { WrongTypeError } from '../serde/wrong-type.ts';
import type { RecordContext } from '../stores/record-context.ts';
import type { ErrorContext, ErrorHandlers, HandlerAnswer, HandlerDecision, ProductionDecision } from './contract.ts';
import { type DeadLetter, deadLetter } from './dead-letter.ts';
import type { DroppedRecords } from './dropped-records.ts';

/** A failure on which the handlers were heard: it passes through the nodes above unchanged. Kafka Streams: `FailedProcessingException`. */
export class ProcessingError extends StreamsError {
  override readonly name: string = 'ProcessingError';
}

/** Codes of our own broken promises, lost ownership and functions that go on behind our back: no handler may continue over them (I1, I2, I4). */
const fatalCodes: ReadonlySet<string> = new Set(['MR_INVARIANT', 'MR_TASK_LOST', 'MR_CLOSED', 'MR_ASYNC_RESULT']);

function mustPass(error: unknown): boolean {
  return (
    error instanceof ProcessingError ||
    error instanceof StateError ||
    error instanceof ClientError ||
    (error instanceof StreamsError && fatalCodes.has(error.code))
  );
}

/** One line about an error of any type. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `stops`: the failure ends the task. */
export type SendDeadLetters = (letters: readonly DeadLetter[], stops: boolean) => void;

export class ErrorPolicy {
  readonly #taskId: string;
  readonly #handlers: ErrorHandlers;
  readonly #context: RecordContext;
  readonly #dropped: DroppedRecords;
  readonly #send: SendDeadLetters | undefined;
  /** What is sent now waited for its topic: no processor above hears of a failure, so the production handler decides on every one. */
  waited = false;

  /** `send` undefined: there is nobody to send dead letters, as in the task of global stores. */
  constructor(taskId: string, handlers: ErrorHandlers, context: RecordContext, dropped: DroppedRecords, send: SendDeadLetters | undefined) {
    this.#taskId = taskId;
    this.#handlers = handlers;
    this.#context = context;
    this.#dropped = dropped;
    this.#send = send;
  }

  /** A processor threw on a record: returns if the record is to be dropped, throws otherwise. `stores`: those that it may have written to. */
  processing(node: string, stores: readonly string[], record: StreamRecord<unknown, unknown>, error: unknown): void {
    if (mustPass(error)) throw error;
    this.#decide(node, record, error, `processor ${node} failed on a record`, remedyFor(error, stores));
  }

  /** A punctuation threw. */
  punctuation(node: string, error: unknown): void {
    if (mustPass(error)) throw error;
    this.#decide(node, null, error, `a punctuation of processor ${node} failed`, '');
  }

  /**
   * A source could not decode a record: returns if the record is to be dropped. `isRestored`: the topic doubles as the changelog of a table. A record of it that could be decoded another
   * time may not be dropped, whatever the handler says: the table would have its row after a restore, and has it not now (I2).
   */
  deserialization(node: string, batch: FetchedRecords, index: number, error: unknown, isRestored: boolean): void {
    const details = this.#details(node, batch.tp, batch.offset(index));
    const context: ErrorContext = {
      taskId: this.#taskId,
      node,
      topic: batch.tp.topic,
      partition: batch.tp.partition,
      offset: batch.offset(index),
      timestamp: batch.timestamp(index),
      rawKey: batch.key(index),
      rawValue: batch.value(index),
      headers: batch.headers(index),
      written: false,
    };
    const mustNotPass = isRestored && mayBeReadLater(error);
    const decision = this.#ask('deserialization', context, error, details, () =>
      mustNotPass ? 'fail' : this.#handlers.deserialization(context, error),
    );
    if (decision === 'continue') {
      this.#dropped.add('deserialization error', batch.tp, batch.offset(index));
      return;
    }
    const remedy = mustNotPass
      ? 'it may not be dropped, since the table is restored from this topic and would have its row then: let the serde wait, or build the topology without the source topic as changelog'
      : 'declare a deserialization handler that continues to drop such records';
    throw new ProcessingError('MR_DESERIALIZATION', `a record cannot be decoded (${describeError(error)}); ${remedy}`, {
      details,
      cause: error,
    });
  }

  /**
   * A record could not be written for a sink: returns if the record is to be dropped. Not a {@link ProcessingError}: as in Kafka Streams, the processor
   * that forwarded the record may drop it under its own handler. A value of the wrong type is not the production handler's either.
   */
  serialization(
    node: string,
    topic: string,
    partition: number | undefined,
    internal: boolean,
    role: 'key' | 'value',
    record: StreamRecord<unknown, unknown>,
    error: unknown,
  ): void {
    if (mustPass(error)) throw error;
    const context = this.#context;
    const details: ErrorDetails = {
      taskId: this.#taskId,
      node,
      topic,
      ...(context.topic === null ? {} : { sourceTopic: context.topic, sourcePartition: context.partition, sourceOffset: context.offset }),
    };
    const source = this.#errorContext(node);
    const place = { taskId: this.#taskId, topic, partition, node, origin: role, record, source, refused: undefined };
    const decision =
      error instanceof WrongTypeError && !this.waited
        ? 'fail'
        : this.#ask('production', source, error, details, () =>
            internal ? 'fail' : this.#handlers.production(place, error, 'serialization'),
          );
    if (decision === 'continue') {
      this.#dropped.add('serialization error', null, -1);
      return;
    }
    throw new StreamsError('MR_SERIALIZATION', `the ${role} of a record for topic ${topic} cannot be encoded (${describeError(error)})`, {
      details,
      cause: error,
    });
  }

  /** Wraps a failure of a timestamp extractor: never asked of a handler. */
  extraction(node: string, batch: FetchedRecords, index: number, error: unknown): Error {
    if (error instanceof StreamsError) return error;
    return new ProcessingError('MR_PROCESSING', `the timestamp extractor failed (${describeError(error)})`, {
      details: this.#details(node, batch.tp, batch.offset(index)),
      cause: error,
    });
  }

  /** A timestamp extractor answered with no timestamp: never asked of a handler. JavaScript may return anything. */
  noTimestamp(node: string, batch: FetchedRecords, index: number, answer: unknown): Error {
    return new ProcessingError(
      'MR_TIMESTAMP_INVALID',
      `the timestamp extractor returned ${describeValue(answer)}; it must return whole milliseconds since 1970 as a number, or a negative one to drop the record`,
      { details: this.#details(node, batch.tp, batch.offset(index)) },
    );
  }

  /** Wraps what leaves the task from under a source without a processor between. */
  escaped(node: string, error: unknown): Error {
    if (error instanceof StreamsError || mustPass(error)) return error as Error;
    return new ProcessingError('MR_PROCESSING', `${node} failed (${describeError(error)})`, {
      details: this.#currentDetails(node),
      cause: error,
    });
  }

  /** Wraps a failure of a processor's `init` or `close`. */
  lifecycle(node: string, step: 'initialise' | 'close', error: unknown): Error {
    if (mustPass(error)) return error as Error;
    return new ProcessingError('MR_PROCESSING', `failed to ${step} processor ${node} (${describeError(error)})`, {
      details: { taskId: this.#taskId, node },
      cause: error,
    });
  }

  #decide(node: string, record: StreamRecord<unknown, unknown> | null, error: unknown, what: string, remedy: string): void {
    const details = this.#currentDetails(node);
    const context = this.#errorContext(node);
    const decision = this.#ask('processing', context, error, details, () => this.#handlers.processing(context, record, error));
    if (decision === 'continue') {
      this.#dropped.add('processing error', null, -1);
      return;
    }
    throw new ProcessingError('MR_PROCESSING', `${what} (${describeError(error)})${remedy}`, { details, cause: error });
  }

  /**
   * Asks, and sends the dead letters of the answer. A handler that throws or answers with something else is fatal, and so is a letter that cannot be sent. A failure to encode does not
   * pass by itself, so `retry` is `fail` here, as in Kafka Streams.
   */
  #ask(handler: string, context: ErrorContext, error: unknown, details: ErrorDetails, ask: () => ProductionDecision): 'fail' | 'continue' {
    let answer: HandlerDecision;
    try {
      const given = ask();
      answer = given === 'retry' ? 'fail' : given;
    } catch (failure) {
      throw new ProcessingError(
        'MR_PROCESSING',
        `the ${handler} handler itself failed (${describeError(failure)}) on: ${describeError(error)}`,
        { details, cause: failure },
      );
    }
    const decision = decisionOf(answer);
    if (decision === undefined) {
      throw new ProcessingError(
        'MR_PROCESSING',
        `the ${handler} handler answered ${shown(answer)}; it must answer 'fail' or 'continue', or an object with this as its decision and deadLetters`,
        { details, cause: error },
      );
    }
    const letters = this.#lettersOf(answer, context, error);
    if (letters.length === 0 || this.#send === undefined) return decision;
    try {
      this.#send(letters, decision === 'fail');
    } catch (failure) {
      throw new ProcessingError(
        'MR_PROCESSING',
        `the dead letter of the ${handler} handler cannot be sent (${describeError(failure)}); it tells of: ${describeError(error)}`,
        { details, cause: failure },
      );
    }
    return decision;
  }

  #lettersOf(answer: HandlerDecision, context: ErrorContext, error: unknown): readonly DeadLetter[] {
    if (typeof answer === 'object') return answer.deadLetters;
    const topic = this.#handlers.deadLetterTopic;
    if (topic === undefined) return [];
    const letter = deadLetter(topic, context, error);
    return [context.written ? { ...letter, key: null, value: null } : letter];
  }

  #errorContext(node: string): ErrorContext {
    const input = this.#context;
    const { batch, index, raw } = input;
    return {
      taskId: this.#taskId,
      node,
      topic: input.topic ?? '',
      partition: input.partition,
      offset: input.offset,
      timestamp: input.timestamp,
      rawKey: batch === null ? (raw?.key ?? null) : batch.key(index),
      rawValue: batch === null ? (raw?.value ?? null) : batch.value(index),
      headers: input.headers?.copy() ?? new Headers(),
      written: input.written,
    };
  }

  #currentDetails(node: string): ErrorDetails {
    const context = this.#context;
    return context.topic === null
      ? { taskId: this.#taskId, node }
      : { taskId: this.#taskId, node, topic: context.topic, partition: context.partition, offset: context.offset };
  }

  #details(node: string, tp: TopicPartition, offset: number): ErrorDetails {
    return { taskId: this.#taskId, node, topic: tp.topic, partition: tp.partition, offset };
  }
}

/** Undefined if it is no answer: handlers are the user's code, and not all of it is typed. */
function decisionOf(answer: HandlerDecision): 'fail' | 'continue' | undefined {
  const decision: unknown = isAnswer(answer) ? answer.decision : answer;
  return decision === 'fail' || decision === 'continue' ? decision : undefined;
}

function isAnswer(answer: unknown): answer is HandlerAnswer {
  return typeof answer === 'object' && answer !== null && 'deadLetters' in answer && Array.isArray(answer.deadLetters);
}

function shown(answer: unknown): string {
  return typeof answer === 'object' && answer !== null ? 'an object of another form' : String(answer);
}

const handlerNames = ['deserialization', 'processing', 'production', 'globalProcessing'] as const;
const handlerOptions: readonly (keyof ErrorHandlers)[] = [...handlerNames, 'deadLetterTopic'];

/**
 * JavaScript may pass the answer in the place of a handler, or misspell its name, which would show at the first failure.
 *
 * @throws MR_CONFIG_INVALID for a handler that is no function, for one that there is not, and for a dead letter topic that is no name
 */
export function checkHandlers(handlers: { readonly [N in keyof ErrorHandlers]?: ErrorHandlers[N] | undefined } | undefined): void {
  if (handlers === undefined) return;
  checkOptionNames(handlers, handlerOptions, 'handlers');
  const { deadLetterTopic }: { readonly deadLetterTopic?: unknown } = handlers;
  if (deadLetterTopic !== undefined && (typeof deadLetterTopic !== 'string' || deadLetterTopic === '')) {
    throw new StreamsError(
      'MR_CONFIG_INVALID',
      `option handlers.deadLetterTopic is ${describeValue(deadLetterTopic)}: leave it out, or give the name of a topic that exists`,
      {
        details: { option: 'handlers.deadLetterTopic' },
      },
    );
  }
  for (const name of handlerNames) {
    const handler: unknown = handlers[name];
    if (handler === undefined || typeof handler === 'function') continue;
    throw new StreamsError(
      'MR_CONFIG_INVALID',
      `option handlers.${name} must be a function that answers, as in () => 'continue', got ${describeValue(handler)}`,
      {
        details: { option: `handlers.${name}` },
      },
    );
  }
}

/** What a sink cannot write is told there, so a value of the wrong type was meant for a store: most often one that nobody gave a serde. */
function remedyFor(error: unknown, stores: readonly string[]): string {
  if (!(error instanceof WrongTypeError) || stores.length === 0) return '';
  const named = `${stores.length === 1 ? 'the store' : 'one of the stores'} ${stores.map((name) => `"${name}"`).join(', ')}`;
  return `: a serde of ${named} does not fit what is put into it; give \`key\` and \`value\` in the options of the store, without which the builder's are taken`;
}
