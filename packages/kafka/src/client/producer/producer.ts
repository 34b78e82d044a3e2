/**
 * The idempotent producer: records go straight into per-partition batches, batches are sent until they are acknowledged by all replicas in sync, and
 * the broker recognises whatever had to be sent twice (KIP-98, KIP-360). A batch that cannot be written stops the producer, unless the user drops it.
 *
 * What a broker remembers of a producer is as old as the last timestamp that it wrote to the partition. Where that is older than `producer.id.expiration.ms` (a
 * day), as when old data is processed again, a broker that is started anew knows nothing: a batch that was written just before it went, and not acknowledged, is
 * then written a second time, as by Java's producer. `flush` tells it by an offset that is not contiguous.
 */
import {
  ClientError,
  formatTopicPartition,
  type Acknowledged,
  type OutputPartition,
  type ProducerOptions,
  type RecordProducer,
  type TopicPartition,
  topicPartition,
} from '@millrace/core/kafka';
import type { Cluster } from '../cluster.ts';
import { settlesWithin } from '../deadline.ts';
import { asClientError, closedError } from '../failure.ts';
import { BatchOutcomes } from './batch-outcomes.ts';
import { Flush } from './flush.ts';
import { PartitionQueue, type ProducerBuffer } from './partition-queue.ts';
import type { ProduceBatch } from './produce-batch.ts';
import { Sender } from './sender.ts';
import { lookUpTopics } from './topic-look-up.ts';

const defaultCloseTimeoutMs = 30_000;

/** Somebody who waits until the buffer is below its limit. */
interface Drain {
  readonly resolve: () => void;
  readonly reject: (error: ClientError) => void;
}

export class Producer implements RecordProducer {
  readonly #cluster: Cluster;
  readonly #options: ProducerOptions;
  readonly #sender: Sender;
  readonly #buffer: ProducerBuffer;
  readonly #queues = new Map<TopicPartition, PartitionQueue>();
  readonly #flushes = new Set<Flush>();
  readonly #drains: Drain[] = [];
  readonly #closing = new AbortController();
  readonly #onClose: () => void;
  #failure: ClientError | undefined;

  constructor(cluster: Cluster, options: ProducerOptions, onClose: () => void = () => {}) {
    this.#cluster = cluster;
    this.#options = options;
    this.#onClose = onClose;
    const outcomes = new BatchOutcomes(cluster, {
      settled: (batch) => this.#settled(batch),
      refused: (queue, error) => this.#refused(queue, error),
    });
    this.#sender = new Sender(cluster, options, outcomes, (error) => this.#fail(error));
    this.#buffer = {
      maxBatchBytes: options.maxBatchBytes,
      compression: options.compression,
      bytes: 0,
      isDead: false,
      now: () => cluster.clock.now(),
      noteBatch: (queue) => this.#noteBatch(queue),
      noteLastEpoch: () => this.#sender.renewIdentity(),
    };
  }

  get bufferedBytes(): number {
    return this.#buffer.bytes;
  }

  /** Also once the producer has failed, so that whoever fills it gets to `drained` and learns why. */
  get full(): boolean {
    return this.#buffer.bytes >= this.#options.maxBufferedBytes || this.#failure !== undefined;
  }

  partitionCount(topic: string): number | undefined {
    const known = this.#cluster.topic(topic);
    return known === undefined || known.errorCode !== 0 || known.partitions.length === 0 ? undefined : known.partitions.length;
  }

  partition(topic: string, partition: number): OutputPartition {
    const tp = topicPartition(topic, partition);
    const known = this.#queues.get(tp);
    if (known !== undefined) return known;
    const count = this.partitionCount(topic);
    if (!Number.isInteger(partition) || partition < 0 || (count !== undefined && partition >= count)) {
      const message = `Topic ${topic} has no partition ${partition}${count === undefined ? '' : `, only 0 to ${count - 1}`}`;
      throw new ClientError('fatal', message, { details: { ...tp } });
    }
    const queue = new PartitionQueue(tp, this.#buffer);
    this.#queues.set(tp, queue);
    this.#cluster.watch([topic]);
    return queue;
  }

  lookUp(topics: readonly string[], options: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return lookUpTopics(this.#cluster, topics, options.timeoutMs ?? this.#cluster.context.operationTimeoutMs, this.#closing.signal);
  }

  send(): void {
    for (const queue of this.#sender.queues) queue.isDue = true;
    this.#sender.schedule();
  }

  drained(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!this.full) return Promise.resolve();
    this.send();
    return new Promise((resolve, reject) => this.#drains.push({ resolve, reject }));
  }

  flush(): Promise<ReadonlyMap<TopicPartition, Acknowledged>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const flush = new Flush();
    for (const queue of this.#queues.values()) {
      queue.close();
      if (queue.acknowledged !== undefined) flush.note(queue.tp, queue.acknowledged);
      queue.acknowledged = undefined;
      for (const batch of queue.batches) flush.add(batch);
    }
    if (flush.isComplete) {
      flush.succeed();
    } else {
      this.#flushes.add(flush);
      this.#sender.schedule();
    }
    return flush.done;
  }

  /** With a `timeoutMs` of 0 nothing more is sent. @throws ClientError `retriable` if records were not acknowledged in time, or the failure of the flush */
  async close(options: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? defaultCloseTimeoutMs;
    let lost: ClientError | undefined;
    if (timeoutMs > 0 && this.#failure === undefined) {
      const flushed = this.flush().then(
        () => undefined,
        (error: unknown) => asClientError(error, 'The last flush'),
      );
      const isSettled = await settlesWithin(this.#cluster.clock, flushed, timeoutMs);
      lost = isSettled
        ? await flushed
        : new ClientError(
            'retriable',
            `${this.#buffer.bytes} bytes of records were not acknowledged within ${timeoutMs} ms of closing the producer`,
          );
    }
    this.#closing.abort();
    this.#fail(closedError('The producer'));
    this.#queues.clear();
    this.#onClose();
    if (lost !== undefined) throw lost;
  }

  /** A new batch starts its linger time; the full one before it can go. */
  #noteBatch(queue: PartitionQueue): number {
    this.#sender.add(queue);
    this.#sender.schedule();
    return this.#cluster.clock.monotonic();
  }

  #settled(batch: ProduceBatch): void {
    for (const flush of batch.flushes) {
      flush.forget();
      if (!flush.isComplete) continue;
      this.#flushes.delete(flush);
      flush.succeed();
    }
    if (this.full) return;
    for (const drain of this.#drains.splice(0)) drain.resolve();
  }

  #refused(queue: PartitionQueue, error: ClientError): void {
    const batch = queue.first;
    if (batch === undefined) return;
    if (this.#decide(queue, batch, error) === 'fail') {
      this.#fail(error);
      return;
    }
    this.#cluster.context.log.warn('A batch was dropped', { ...queue.tp, records: batch.count, error: error.message });
    queue.dropFirst();
    this.#settled(batch);
  }

  #decide(queue: PartitionQueue, batch: ProduceBatch, error: ClientError): 'fail' | 'drop' {
    const { onFailure } = this.#options;
    if (onFailure === undefined) return 'fail';
    try {
      return onFailure({ tp: queue.tp, error, records: batch.records(queue.tp) });
    } catch (thrown) {
      this.#cluster.context.log.error('The decision about a refused batch failed', {
        partition: formatTopicPartition(queue.tp),
        error: String(thrown),
      });
      return 'fail';
    }
  }

  #fail(error: ClientError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#buffer.isDead = true;
    this.#buffer.bytes = 0;
    this.#sender.close();
    for (const queue of this.#queues.values()) queue.clear();
    for (const flush of this.#flushes) flush.fail(error);
    this.#flushes.clear();
    for (const drain of this.#drains.splice(0)) drain.reject(error);
  }
}
