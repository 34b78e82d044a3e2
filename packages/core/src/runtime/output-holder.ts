/**
 * The instance's producer. A producer that lost a batch cannot go on, since what follows the batch must not be committed; it is replaced, and every task with it. Under
 * at-least-once one idempotent producer serves all tasks; a transactional one will take its place here.
 */
import type { DeadLetter } from '../engine/dead-letter.ts';
import { appendDeadLetter } from '../engine/dead-letter-sender.ts';
import { StreamsError } from '../errors.ts';
import type { Acknowledged, ProduceFailure, RecordProducer, StreamsClient } from '../kafka/port.ts';
import { formatTopicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import type { ApplicationTopics } from './application-topics.ts';
import { LastWords } from './last-words.ts';
import type { RuntimeOptions } from './options.ts';
import { judgeRefusal, mayBeAsked } from './refusal.ts';

export class OutputHolder {
  readonly #client: StreamsClient;
  readonly #options: RuntimeOptions;
  readonly #topics: ApplicationTopics;
  readonly #lastWords: LastWords;
  #producer: RecordProducer;
  /** Why the producer failed, where a handler decided it: what stops the tasks then. */
  #refusal: StreamsError | undefined;
  /** Dead letters of refused records that the running flush may not wait for. */
  #late = 0;
  /** Topics that got those: what they refuse makes no further letter, so that no circle runs for ever. */
  readonly #lateTopics = new Set<string>();

  constructor(client: StreamsClient, options: RuntimeOptions, topics: ApplicationTopics) {
    this.#client = client;
    this.#options = options;
    this.#topics = topics;
    this.#lastWords = new LastWords(client, options);
    this.#producer = this.#create();
  }

  get producer(): RecordProducer {
    return this.#producer;
  }

  /**
   * As the producer's `flush`, but every dead letter that comes up meanwhile is acknowledged too.
   *
   * @throws MR_PRODUCTION if the production handler decided to fail
   */
  async flush(): Promise<ReadonlyMap<TopicPartition, Acknowledged>> {
    const acknowledged = new Map<TopicPartition, Acknowledged>();
    try {
      do {
        const appended = this.#lastWords.waiting ? await this.#lastWords.appendTo(this.#producer) : 0;
        this.#late = 0;
        for (const [tp, next] of await this.#producer.flush()) {
          const before = acknowledged.get(tp);
          acknowledged.set(tp, before === undefined ? next : { ...next, contiguous: before.contiguous && next.contiguous });
        }
        this.#lastWords.forget(appended);
      } while (this.#late > 0 || this.#lastWords.waiting);
    } catch (error) {
      throw this.#refusal ?? error;
    }
    return acknowledged;
  }

  /** As the producer's `drained`. @throws MR_PRODUCTION if the production handler decided to fail */
  async drained(): Promise<void> {
    try {
      await this.#producer.drained();
    } catch (error) {
      throw this.#refusal ?? error;
    }
  }

  /** Takes the dead letters of a failure that stops a task. A field, so that tasks can be given it. */
  readonly lastWords = (letters: readonly DeadLetter[]): void => this.#lastWords.add(letters);

  /** Drops what is not acknowledged, except for last words, and starts anew. The tasks that wrote into the old one must be opened again. */
  async replace(): Promise<void> {
    const old = this.#producer;
    this.#producer = this.#create();
    this.#refusal = undefined;
    await closeQuietly(old, 0);
    await this.#lastWords.speak();
  }

  /** Sends nothing more: somebody else may own the tasks already, and must not find our late records in their changelogs. `replace` follows. */
  abandon(): Promise<void> {
    return closeQuietly(this.#producer, 0);
  }

  async close(timeoutMs: number): Promise<void> {
    await closeQuietly(this.#producer, timeoutMs);
    await this.#lastWords.speak();
  }

  #create(): RecordProducer {
    return this.#client.producer({ ...this.#options.producer, onFailure: (failure) => this.#decide(failure) });
  }

  /** The production handler decides about topics of the user. Records of internal topics are never dropped: that would break I2. */
  #decide(failure: ProduceFailure): 'fail' | 'drop' {
    const { topic, partition } = failure.tp;
    const { clientId, handlers, log, metrics } = this.#options;
    const { error, records } = failure;
    if (this.#topics.isInternal(topic) || !mayBeAsked(error)) return 'fail';
    const isLetter = topic === handlers.deadLetterTopic || this.#lateTopics.has(topic);
    const { decision, deadLetters, handlerFailure } = judgeRefusal(
      failure,
      handlers.production,
      isLetter ? undefined : handlers.deadLetterTopic,
    );
    if (handlerFailure !== undefined)
      log.error('the production handler failed, which counts as fail', { error: handlerFailure, topic, partition });
    // The producer keeps the failure, which the runtime knows to be one that may pass.
    if (decision === 'retry') return 'fail';
    const letters = isLetter ? [] : deadLetters;
    if (letters.length > 0) metrics.counter('dead-letter-records-total', { 'client-id': clientId }).add(letters.length);
    if (decision === 'fail') {
      this.#refusal ??= refusalOf(failure, isLetter);
      this.#lastWords.add(letters);
      return 'fail';
    }
    metrics.counter('dropped-records-total', { 'client-id': clientId }).add(records.count);
    log.warn('records that the broker refused are dropped, as the production handler decided', {
      topic,
      partition,
      records: records.count,
      error,
    });
    for (const letter of letters) this.#sendLate(letter);
    return 'drop';
  }

  /** Into the same producer, and with its next flush; a topic that is not known yet is looked up before it. */
  #sendLate(letter: DeadLetter): void {
    this.#lateTopics.add(letter.topic);
    const count = this.#producer.partitionCount(letter.topic);
    if (count === undefined) {
      this.#lastWords.add([letter]);
      return;
    }
    appendDeadLetter(this.#producer, letter, count, 0);
    this.#late++;
  }
}

function refusalOf({ error, records, tp }: ProduceFailure, isLetter: boolean): StreamsError {
  const remedy = isLetter
    ? 'it is a dead letter topic, which must take what other topics refuse: raise its max.message.bytes'
    : 'mend the cause, or let handlers.production continue';
  return new StreamsError(
    'MR_PRODUCTION',
    `the broker refused ${records.count} record(s) for ${formatTopicPartition(tp)} for good (${error.message}): ${remedy}`,
    { details: { ...error.details, topic: tp.topic, partition: tp.partition, kafkaCode: error.kafkaCode }, cause: error },
  );
}

/** Whoever closes a producer that failed knows of the failure already. */
async function closeQuietly(producer: RecordProducer, timeoutMs: number): Promise<void> {
  try {
    await producer.close({ timeoutMs });
  } catch {
    // What it held back is replayed from the last commit.
  }
}
