/**
 * The instance's producer. A producer that lost a batch cannot go on, since what follows the batch must not be committed; it is replaced, and every task with it. Under
 * at-least-once one idempotent producer serves all tasks; a transactional one will take its place here.
 */
import type { HandlerDecision } from '../engine/contract.ts';
import type { ProduceFailure, RecordProducer, StreamsClient } from '../kafka/port.ts';
import type { ApplicationTopics } from './application-topics.ts';
import type { RuntimeOptions } from './options.ts';

export class OutputHolder {
  readonly #client: StreamsClient;
  readonly #options: RuntimeOptions;
  readonly #topics: ApplicationTopics;
  #producer: RecordProducer;

  constructor(client: StreamsClient, options: RuntimeOptions, topics: ApplicationTopics) {
    this.#client = client;
    this.#options = options;
    this.#topics = topics;
    this.#producer = this.#create();
  }

  get producer(): RecordProducer {
    return this.#producer;
  }

  /** Drops what is not acknowledged and starts anew. The tasks that wrote into the old one must be opened again. */
  async replace(): Promise<void> {
    const old = this.#producer;
    this.#producer = this.#create();
    await closeQuietly(old, 0);
  }

  /** Sends nothing more: somebody else may own the tasks already, and must not find our late records in their changelogs. `replace` follows. */
  abandon(): Promise<void> {
    return closeQuietly(this.#producer, 0);
  }

  close(timeoutMs: number): Promise<void> {
    return closeQuietly(this.#producer, timeoutMs);
  }

  #create(): RecordProducer {
    return this.#client.producer({ ...this.#options.producer, onFailure: (failure) => this.#decide(failure) });
  }

  /** The production handler decides about topics of the user. Records of internal topics are never dropped: that would break I2. */
  #decide(failure: ProduceFailure): 'fail' | 'drop' {
    const { topic, partition } = failure.tp;
    if (this.#topics.isInternal(topic)) return 'fail';
    let decision: HandlerDecision;
    try {
      decision = this.#options.handlers.production({ taskId: undefined, topic, partition, node: undefined }, failure.error, 'send');
    } catch (error) {
      this.#options.log.error('the production handler failed, which counts as fail', { error, topic, partition });
      return 'fail';
    }
    if (decision === 'fail') return 'fail';
    this.#options.metrics.counter('dropped-records-total', { 'client-id': this.#options.clientId }).add(failure.records.count);
    this.#options.log.warn('records that the broker refused are dropped, as the production handler decided', {
      topic,
      partition,
      records: failure.records.count,
      error: failure.error,
    });
    return 'drop';
  }
}

/** Whoever closes a producer that failed knows of the failure already. */
async function closeQuietly(producer: RecordProducer, timeoutMs: number): Promise<void> {
  try {
    await producer.close({ timeoutMs });
  } catch {
    // What it held back is replayed from the last commit.
  }
}
