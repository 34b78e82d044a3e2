/** What becomes of a batch after an answer: acknowledged, sent again, split, renumbered, or failed for good. */
import { ClientError, formatTopicPartition } from '@millrace/core/kafka';
import { brokerErrorByCode } from '../../protocol/errors.ts';
import { backoffMs } from '../backoff.ts';
import type { Cluster, NodeEndpoint } from '../cluster.ts';
import { partitionFailure, textOf } from '../failure.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { ProduceBatch } from './produce-batch.ts';
import type { BatchAnswer } from './produce-exchange.ts';

export interface OutcomeEvents {
  /** The batch is off the producer's mind: written, or dropped by the user's decision. */
  settled(batch: ProduceBatch): void;
  /** The first batch of the queue is refused for good; somebody decides. */
  refused(queue: PartitionQueue, error: ClientError): void;
}

const messageTooLarge = 10;
const recordListTooLarge = 18;
const requestTimedOut = 7;
const notEnoughReplicasAfterAppend = 20;
const duplicateSequence = 46;
const unknownProducerId = 59;
const unknownServerError = -1;
const networkException = 13;

/** Errors that do not say whether the batch was written. */
const undecidedCodes: ReadonlySet<number> = new Set([unknownServerError, requestTimedOut, networkException, notEnoughReplicasAfterAppend]);

export class BatchOutcomes {
  readonly #cluster: Cluster;
  readonly #events: OutcomeEvents;
  readonly #failures = new WeakMap<PartitionQueue, { count: number; last: ClientError | undefined }>();

  constructor(cluster: Cluster, events: OutcomeEvents) {
    this.#cluster = cluster;
    this.#events = events;
  }

  /** Returns whether the view of the cluster is found to be old. */
  answered(queue: PartitionQueue, batch: ProduceBatch, answer: BatchAnswer | undefined, endpoints: readonly NodeEndpoint[]): boolean {
    const { tp } = queue;
    if (answer === undefined) {
      batch.mayBeWritten = true;
      this.backOff(queue, new ClientError('retriable', `The answer says nothing of ${formatTopicPartition(tp)}`));
      return false;
    }
    const code = answer.errorCode;
    if (code === 0 || code === duplicateSequence) {
      this.#failures.delete(queue);
      queue.acknowledgeFirst(code === 0 ? answer.baseOffset : -1);
      this.#events.settled(batch);
      return false;
    }
    if (undecidedCodes.has(code)) batch.mayBeWritten = true;
    const known = brokerErrorByCode(code);
    const error = partitionFailure(code, 'Writing to', tp, { message: answer.errorMessage ?? undefined });
    if ((code === messageTooLarge || code === recordListTooLarge) && batch.count > 1) {
      queue.splitFirst();
      return false;
    }
    if (code === unknownProducerId && !batch.mayBeWritten && answer.logStartOffset >= 0 && answer.logStartOffset >= queue.expectedOffset) {
      queue.renumberFirst();
      return false;
    }
    if (known.kind !== 'retriable') {
      this.refused(queue, error);
      return false;
    }
    const { leaderId, leaderEpoch } = answer.currentLeader;
    if (this.#cluster.noteLeader(tp.topic, tp.partition, leaderId, leaderEpoch, endpoints)) return false;
    this.backOff(queue, error);
    return known.stale === 'metadata';
  }

  /** The first batch was not acknowledged in time. */
  expired(queue: PartitionQueue, deliveryTimeoutMs: number): void {
    const { tp } = queue;
    const last = this.#failures.get(queue)?.last;
    const why = last === undefined ? 'nothing was sent yet' : `the last failure was: ${textOf(last)}`;
    const attempts = queue.first?.attempts ?? 0;
    const message = `A batch for ${formatTopicPartition(tp)} was not acknowledged in ${deliveryTimeoutMs} ms and ${attempts} attempts; ${why}`;
    const error = new ClientError('retriable', message, { details: { ...tp, attempts }, cause: last });
    this.refused(queue, error);
  }

  refused(queue: PartitionQueue, error: ClientError): void {
    this.#failures.delete(queue);
    this.#events.refused(queue, error);
  }

  /** Nothing of the queue is sent for a while. */
  backOff(queue: PartitionQueue, error?: ClientError): void {
    const before = this.#failures.get(queue);
    const failures = { count: (before?.count ?? 0) + 1, last: error ?? before?.last };
    this.#failures.set(queue, failures);
    queue.retryAtMs = this.#cluster.clock.monotonic() + backoffMs(this.#cluster.context, failures.count);
    if (error !== undefined) {
      this.#cluster.context.log.debug('A batch has to be sent again', { ...queue.tp, error: error.message, failures: failures.count });
    }
  }

  /** Whether the topic is the one that was written to before; if it was made again, the first batch is refused. */
  checkTopic(queue: PartitionQueue): boolean {
    const topic = this.#cluster.topic(queue.tp.topic);
    if (queue.topicId === undefined || topic?.id === undefined || topic.id === queue.topicId) return true;
    const error = new ClientError(
      'fatal',
      `Topic ${queue.tp.topic} was deleted and made again (id ${queue.topicId} became ${topic.id}) while records for it were on their way: reset the application`,
      { details: { ...queue.tp, topicId: queue.topicId, newTopicId: topic.id } },
    );
    queue.topicId = topic.id;
    this.refused(queue, error);
    return false;
  }
}
