/**
 * Sends what the queues hold: per node one request with the first batch of each partition, several requests in flight. It runs from event to event (a
 * full batch, an answer, a changed view of the cluster, a timer); nothing waits in it.
 */
import { ClientError, formatTopicPartition } from '@millrace/core/kafka';
import type { Cluster } from '../cluster.ts';
import { WakeTimer } from '../wake-timer.ts';
import { asClientError, maybeSent } from '../failure.ts';
import type { BatchOutcomes } from './batch-outcomes.ts';
import type { PartitionQueue, ProducerId } from './partition-queue.ts';
import { matchAnswers, produceRequest, produceRequestBytes, produceVersions, type Sent } from './produce-exchange.ts';
import { obtainProducerId } from './producer-identity.ts';
import type { CompressionName } from '../../protocol/compression/codec.ts';

/** Kafka: `max.in.flight.requests.per.connection`. A partition is in one of them at most. */
const maxRequestsPerNode = 5;
/** Batches of a request together; one larger batch goes alone. Well below `socket.request.max.bytes` of brokers. */
const maxRequestBytes = 8 * 1024 * 1024;

export interface SenderOptions {
  readonly lingerMs: number;
  readonly deliveryTimeoutMs: number;
  readonly compression: CompressionName;
}

export class Sender {
  readonly #cluster: Cluster;
  readonly #options: SenderOptions;
  readonly #outcomes: BatchOutcomes;
  readonly #fail: (error: ClientError) => void;
  /** Queues that hold something, in the order in which they were sent from last. */
  readonly #turns = new Set<PartitionQueue>();
  readonly #requests = new Map<number, number>();
  readonly #closing = new AbortController();
  readonly #forgetRefreshes: () => void;
  #identity: ProducerId | undefined;
  #isObtaining = false;
  readonly #wake: WakeTimer;
  #isScheduled = false;

  constructor(cluster: Cluster, options: SenderOptions, outcomes: BatchOutcomes, fail: (error: ClientError) => void) {
    this.#cluster = cluster;
    this.#options = options;
    this.#outcomes = outcomes;
    this.#fail = fail;
    this.#wake = new WakeTimer(cluster.clock, () => this.schedule());
    this.#forgetRefreshes = cluster.onRefresh(() => this.schedule());
  }

  /** Queues that hold something. */
  get queues(): Iterable<PartitionQueue> {
    return this.#turns;
  }

  add(queue: PartitionQueue): void {
    this.#turns.add(queue);
  }

  /** Looks what can be sent, after the calls of this turn of the event loop. */
  schedule(): void {
    if (this.#isScheduled || this.#closing.signal.aborted) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (!this.#closing.signal.aborted) this.#pump();
    });
  }

  /** The next batches need another producer id. */
  renewIdentity(): void {
    this.#identity = undefined;
  }

  close(): void {
    this.#closing.abort();
    this.#wake.cancel();
    this.#forgetRefreshes();
    for (const queue of this.#turns) queue.clear();
    this.#turns.clear();
  }

  #pump(): void {
    const nowMs = this.#cluster.clock.monotonic();
    this.#cluster.refreshIfOld();
    const byNode = new Map<number, PartitionQueue[]>();
    let isLeaderMissing = false;
    for (const queue of Array.from(this.#turns)) {
      if (queue.isInFlight || !this.#hasBatch(queue, nowMs)) continue;
      const batch = queue.first;
      if (batch === undefined || this.#closing.signal.aborted) continue;
      const deadlineMs = batch.createdAtMs + this.#options.deliveryTimeoutMs;
      if (nowMs >= deadlineMs) {
        this.#outcomes.expired(queue, this.#options.deliveryTimeoutMs);
        this.schedule();
        continue;
      }
      this.#wake.at(deadlineMs);
      if (queue.retryAtMs > nowMs) {
        this.#wake.at(queue.retryAtMs);
        continue;
      }
      if (this.#identity === undefined && !batch.isStamped) {
        this.#obtainIdentity();
        continue;
      }
      const node = this.#outcomes.checkTopic(queue) ? this.#cluster.leader(queue.tp.topic, queue.tp.partition) : -1;
      if (node < 0) {
        // The next refresh wakes the loop.
        isLeaderMissing = true;
        continue;
      }
      const queues = byNode.get(node);
      if (queues === undefined) byNode.set(node, [queue]);
      else queues.push(queue);
    }
    // A refused batch may have ended the producer meanwhile.
    if (this.#closing.signal.aborted) return;
    for (const [node, queues] of byNode) this.#sendTo(node, queues, nowMs);
    if (isLeaderMissing) this.#refresh();
  }

  /** Whether there is a closed batch; closes the open one if its time has come. */
  #hasBatch(queue: PartitionQueue, nowMs: number): boolean {
    if (queue.first !== undefined) return true;
    const openedAtMs = queue.openedAtMs;
    if (openedAtMs === undefined) {
      this.#turns.delete(queue);
      return false;
    }
    const dueAtMs = openedAtMs + this.#options.lingerMs;
    if (!queue.isDue && nowMs < dueAtMs) {
      this.#wake.at(dueAtMs);
      return false;
    }
    queue.close();
    return queue.first !== undefined;
  }

  #sendTo(node: number, queues: readonly PartitionQueue[], nowMs: number): void {
    let sent: Sent[] = [];
    let bytes = 0;
    for (const queue of queues) {
      if ((this.#requests.get(node) ?? 0) >= maxRequestsPerNode) return;
      const batch = this.#stamp(queue);
      if (this.#closing.signal.aborted) return;
      if (batch === undefined) continue;
      if (sent.length > 0 && bytes + batch.bytes.length > maxRequestBytes) {
        this.#start(node, sent, nowMs);
        if ((this.#requests.get(node) ?? 0) >= maxRequestsPerNode) return;
        sent = [];
        bytes = 0;
      }
      sent.push({ queue, batch });
      bytes += batch.bytes.length;
    }
    if (sent.length > 0) this.#start(node, sent, nowMs);
  }

  #stamp(queue: PartitionQueue): Sent['batch'] | undefined {
    const batch = queue.first;
    if (batch === undefined) return undefined;
    if (batch.isStamped) return batch;
    if (this.#identity === undefined) return undefined;
    try {
      queue.stampFirst(this.#identity);
      return batch;
    } catch (error) {
      this.#outcomes.refused(queue, asClientError(error, `Making a batch for ${formatTopicPartition(queue.tp)}`));
      return undefined;
    }
  }

  #start(node: number, sent: readonly Sent[], nowMs: number): void {
    this.#requests.set(node, (this.#requests.get(node) ?? 0) + 1);
    let deadlineMs = Infinity;
    for (const { queue, batch } of sent) {
      queue.isInFlight = true;
      queue.topicId ??= this.#cluster.topic(queue.tp.topic)?.id;
      batch.attempts++;
      deadlineMs = Math.min(deadlineMs, batch.createdAtMs + this.#options.deliveryTimeoutMs);
      this.#turns.delete(queue);
      this.#turns.add(queue);
    }
    void this.#send(node, sent, Math.max(1, Math.ceil(Math.min(this.#cluster.context.requestTimeoutMs, deadlineMs - nowMs))));
  }

  /** Never rejects. */
  async #send(node: number, sent: readonly Sent[], timeoutMs: number): Promise<void> {
    const { requester } = this.#cluster;
    try {
      const request = produceRequest(sent, timeoutMs);
      const { version, response } = await requester.call(node, 'produce', produceVersions(sent), request, {
        timeoutMs,
        signal: this.#closing.signal,
        requestBytes: produceRequestBytes(sent),
      });
      if (this.#closing.signal.aborted) return;
      const answers = matchAnswers(sent, version, response);
      let isStale = false;
      for (const [index, { queue, batch }] of sent.entries()) {
        queue.isInFlight = false;
        isStale = this.#outcomes.answered(queue, batch, answers[index], response.nodeEndpoints) || isStale;
        // A refused batch may have ended the producer, and emptied its queues.
        if (this.#closing.signal.aborted) return;
      }
      if (isStale) this.#refresh();
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#notAnswered(node, sent, asClientError(error, `A produce request to node ${node}`));
    } finally {
      this.#requests.set(node, (this.#requests.get(node) ?? 1) - 1);
    }
    this.schedule();
  }

  #notAnswered(node: number, sent: readonly Sent[], error: ClientError): void {
    this.#cluster.context.log.debug('A produce request was not answered', { node, error: error.message });
    for (const { queue, batch } of sent) {
      queue.isInFlight = false;
      if (maybeSent(error)) batch.mayBeWritten = true;
      if (error.kind === 'retriable') this.#outcomes.backOff(queue, error);
    }
    if (error.kind === 'retriable') this.#refresh();
    else this.#fail(error);
  }

  #obtainIdentity(): void {
    if (this.#isObtaining) return;
    this.#isObtaining = true;
    obtainProducerId(this.#cluster, this.#options.compression, this.#closing.signal).then(
      (identity) => {
        this.#isObtaining = false;
        this.#identity = identity;
        this.schedule();
      },
      (error: unknown) => {
        if (!this.#closing.signal.aborted) this.#fail(asClientError(error, 'Asking for a producer id'));
      },
    );
  }

  #refresh(): void {
    this.#cluster.refresh().catch((error: unknown) => {
      if (this.#closing.signal.aborted) return;
      const failure = asClientError(error, 'Asking for metadata');
      if (failure.kind === 'retriable') this.schedule();
      else this.#fail(failure);
    });
  }
}
