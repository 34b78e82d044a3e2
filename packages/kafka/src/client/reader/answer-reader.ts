/**
 * Takes in what a fetch brought: records are checked and decoded on arrival, positions move by batches and never by the last visible record, and an
 * error of one partition stays with that partition.
 */
import { ClientError, formatTopicPartition, type Isolation, type ReadIssue } from '@millrace/core/kafka';
import { brokerErrorByCode } from '../../protocol/errors.ts';
import { decodeRecords } from '../../protocol/records/decode-records.ts';
import { backoffMs } from '../backoff.ts';
import type { Cluster, NodeEndpoint } from '../cluster.ts';
import { asClientError, partitionFailure, textOf } from '../failure.ts';
import type { Asked, PartitionAnswer } from './fetch-exchange.ts';
import type { FetchPartition } from './fetch-partition.ts';
import { logBounds } from './log-bounds.ts';

export interface AnswerEvents {
  told(partition: FetchPartition): void;
  issue(partition: FetchPartition, issue: ReadIssue): void;
  /** The view of the cluster is old. */
  stale(): void;
  failed(error: ClientError): void;
  /** A partition can be fetched again. */
  changed(): void;
}

/** Says nothing; reading again does no harm. */
const unknownServerError = -1;
const offsetOutOfRange = 1;
const corruptMessage = 2;
const topicAuthorizationFailed = 29;
const unsupportedCompression = 76;

/** So often a position that lies inside the log's bounds may be called out of range, as after a change of leader, before it is believed. */
const maxRangeDoubts = 3;

export class AnswerReader {
  readonly #cluster: Cluster;
  readonly #isolation: Isolation;
  readonly #events: AnswerEvents;
  readonly #closing: AbortSignal;

  constructor(cluster: Cluster, isolation: Isolation, events: AnswerEvents, closing: AbortSignal) {
    this.#cluster = cluster;
    this.#isolation = isolation;
    this.#events = events;
    this.#closing = closing;
  }

  /** Returns whether a poll would hand out something new. `answers` stand at the places of `asked`. */
  take(asked: readonly Asked[], answers: readonly (PartitionAnswer | undefined)[], endpoints: readonly NodeEndpoint[]): boolean {
    let hasNews = false;
    asked.forEach((one, index) => {
      const { partition } = one;
      if (partition.epoch !== one.epoch) return;
      partition.release();
      const answer = answers[index];
      if (answer === undefined) this.#backOff(partition);
      else if (answer.errorCode === 0) hasNews = this.#records(one, answer) || hasNews;
      else this.#error(one, answer, endpoints);
    });
    return hasNews;
  }

  /**
   * An answer without news that came before its time would come again at once, over and over: a position above the last stable offset is answered so.
   * Those partitions, or all if there is none such, wait for the rest of the time.
   */
  slowDown(asked: readonly Asked[], answers: readonly (PartitionAnswer | undefined)[], startedAtMs: number, maxWaitMs: number): void {
    const untilMs = startedAtMs + maxWaitMs;
    if (this.#cluster.clock.monotonic() >= startedAtMs + maxWaitMs / 2) return;
    const isBeyond = ({ partition, epoch }: Asked): boolean => partition.epoch === epoch && partition.fetchOffset > partition.end;
    const beyond = asked.filter((one, index) => answers[index]?.errorCode === 0 && isBeyond(one));
    for (const { partition, epoch } of beyond.length > 0 ? beyond : asked) {
      if (partition.epoch === epoch) partition.retryAtMs = Math.max(partition.retryAtMs, untilMs);
    }
  }

  #records({ partition, position }: Asked, answer: PartitionAnswer): boolean {
    const { tp } = partition;
    const end = this.#isolation === 'committed' ? answer.lastStableOffset : answer.highWatermark;
    const bytes = answer.records === null ? noBytes : ownBytes(answer.records);
    const decoded = decodeRecords(tp, bytes, { position, isolation: this.#isolation, abortedTransactions: answer.abortedTransactions });
    const hasNews = partition.end !== end || partition.logStart !== answer.logStartOffset || decoded.nextOffset !== position;
    partition.end = end;
    partition.logStart = answer.logStartOffset;
    partition.failures = 0;
    partition.rangeDoubts = 0;
    partition.missingSinceMs = undefined;
    partition.take(decoded.batches, decoded.nextOffset);
    partition.isCaughtUp = decoded.nextOffset >= end;
    this.#events.told(partition);
    if (decoded.error !== undefined) {
      this.#corrupt(
        partition,
        decoded.nextOffset,
        new ClientError('fatal', `Reading ${formatTopicPartition(tp)}: ${textOf(decoded.error)}`, {
          details: { topic: tp.topic, partition: tp.partition, offset: decoded.nextOffset },
          cause: decoded.error,
        }),
      );
    } else if (decoded.nextOffset !== position || partition.isCaughtUp) {
      partition.starvedTimes = 0;
    } else if (++partition.starvedTimes > 1) {
      // Not even first in the request it got a batch, as under a quota.
      partition.retryAtMs = this.#cluster.clock.monotonic() + backoffMs(this.#cluster.context, partition.starvedTimes - 1);
    }
    return hasNews;
  }

  #error({ partition, position }: Asked, answer: PartitionAnswer, endpoints: readonly NodeEndpoint[]): void {
    const { tp } = partition;
    const code = answer.errorCode;
    if (code === offsetOutOfRange) {
      partition.isBusy = true;
      void this.#checkRange(partition, partition.epoch, position);
      return;
    }
    if (code === topicAuthorizationFailed) {
      this.#events.issue(partition, { kind: 'unauthorised', tp, error: partitionFailure(code, 'Reading', tp) });
      return;
    }
    const error = partitionFailure(code, 'Reading', tp, { offset: position });
    if (code === corruptMessage || code === unsupportedCompression) {
      this.#corrupt(partition, position, partitionFailure(code, 'Reading', tp, { offset: position }, 'fatal'));
      return;
    }
    if (error.kind !== 'retriable' && code !== unknownServerError) {
      this.#events.failed(error);
      return;
    }
    this.#cluster.context.log.debug('A partition could not be fetched', { topic: tp.topic, partition: tp.partition, error: error.message });
    const { leaderId, leaderEpoch } = answer.currentLeader;
    if (this.#cluster.noteLeader(tp.topic, tp.partition, leaderId, leaderEpoch, endpoints)) return;
    this.#backOff(partition);
    if (brokerErrorByCode(code).stale === 'metadata') this.#events.stale();
  }

  #corrupt(partition: FetchPartition, position: number, error: ClientError): void {
    this.#events.issue(partition, { kind: 'corrupt', tp: partition.tp, position, error });
  }

  /** Never resets silently: the bounds of the log are asked for and reported. Never rejects. */
  async #checkRange(partition: FetchPartition, epoch: number, position: number): Promise<void> {
    const { tp } = partition;
    try {
      const { logStart, logEnd } = await logBounds(this.#cluster, tp, this.#closing);
      if (partition.epoch !== epoch || this.#closing.aborted) return;
      partition.release();
      const isInside = position >= logStart && position <= logEnd;
      if (isInside && ++partition.rangeDoubts <= maxRangeDoubts) {
        this.#backOff(partition);
      } else {
        partition.logStart = logStart;
        partition.end = logEnd;
        this.#events.told(partition);
        this.#events.issue(partition, { kind: 'outOfRange', tp, position, logStart, logEnd });
      }
    } catch (error) {
      if (partition.epoch !== epoch || this.#closing.aborted) return;
      partition.release();
      const failure = asClientError(error, `Asking for the bounds of ${formatTopicPartition(tp)}`);
      if (failure.kind === 'retriable') {
        this.#backOff(partition);
        this.#events.stale();
      } else {
        this.#events.failed(failure);
      }
    }
    this.#events.changed();
  }

  #backOff(partition: FetchPartition): void {
    partition.failures++;
    partition.retryAtMs = this.#cluster.clock.monotonic() + backoffMs(this.#cluster.context, partition.failures);
  }
}

const noBytes = new Uint8Array(0);

/** An answer is kept as long as any part of it: a small part gets bytes of its own, so that the limit of what is buffered means something. */
function ownBytes(records: Uint8Array): Uint8Array {
  return records.byteLength * 4 < records.buffer.byteLength ? records.slice() : records;
}
