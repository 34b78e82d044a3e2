/**
 * Keeps fetches under way for the partitions of a reader: one per node and lane, as far ahead as the budget allows. It runs from event to event
 * (an answer, room in the buffer, a changed view of the cluster, a timer); nothing waits in it.
 */
import type { ClientError, Isolation, ReaderOptions, ReadIssue } from '@millrace/core/kafka';
import { backoffMs } from '../backoff.ts';
import type { Cluster } from '../cluster.ts';
import { WakeTimer } from '../wake-timer.ts';
import { asClientError, brokerFailure } from '../failure.ts';
import { AnswerReader } from './answer-reader.ts';
import { type Asked, fetchRequest, fetchVersions, matchAnswers } from './fetch-exchange.ts';
import { FetchLanes, type Lane } from './fetch-lanes.ts';
import type { FetchPartition } from './fetch-partition.ts';
import { PrefetchBudget } from './prefetch-budget.ts';
import { TopicWatch } from './topic-watch.ts';

export interface FetchLoopEvents {
  /** Answers were taken in; `hasNews` if there is something that a poll would hand out. */
  answered(hasNews: boolean): void;
  /** The broker said something of the partition. */
  told(partition: FetchPartition): void;
  /** Nothing can be read any more. */
  failed(error: ClientError): void;
}

export interface FetchLoopOptions {
  readonly isolation: Isolation;
  readonly role: ReaderOptions['role'];
  readonly maxBufferedBytes: number;
  readonly maxPartitionBytes: number;
}

/** How long a broker holds back the answer to partitions that have nothing new. Kafka: `fetch.max.wait.ms`. */
const idleWaitMs = 500;
/** The same on the busy lane, for partitions that reached their end while the idle lane is taken: short, as data may have to follow them. */
const briefWaitMs = 50;

/** What one node can be asked for now. */
interface NodeWork {
  readonly lanes: FetchLanes;
  readonly busy: FetchPartition[];
  idle: FetchPartition[];
}

export class FetchLoop {
  readonly #cluster: Cluster;
  readonly #options: FetchLoopOptions;
  readonly #events: FetchLoopEvents;
  /** In the order in which they were fetched last. */
  readonly #turns = new Set<FetchPartition>();
  readonly #lanes = new Map<number, FetchLanes>();
  readonly #closing = new AbortController();
  readonly #topics: TopicWatch;
  readonly #answers: AnswerReader;
  readonly #forgetRefreshes: () => void;
  readonly #wake: WakeTimer;
  #isScheduled = false;

  constructor(cluster: Cluster, options: FetchLoopOptions, events: FetchLoopEvents) {
    this.#cluster = cluster;
    this.#options = options;
    this.#events = events;
    this.#topics = new TopicWatch(cluster, (partition, issue) => this.#report(partition, issue));
    this.#answers = new AnswerReader(
      cluster,
      options.isolation,
      {
        told: (partition) => events.told(partition),
        issue: (partition, issue) => this.#report(partition, issue),
        stale: () => this.#refresh(),
        failed: (error) => events.failed(error),
        changed: () => this.schedule(),
      },
      this.#closing.signal,
    );
    this.#wake = new WakeTimer(cluster.clock, () => this.schedule());
    this.#forgetRefreshes = cluster.onRefresh(() => {
      for (const partition of this.#turns) this.#topics.look(partition);
      this.schedule();
    });
  }

  add(partition: FetchPartition): void {
    this.#turns.add(partition);
    this.#cluster.watch([partition.tp.topic]);
    this.#topics.look(partition);
    this.schedule();
  }

  remove(partition: FetchPartition): void {
    this.#turns.delete(partition);
  }

  /** Looks what can be fetched, after the calls of this turn of the event loop. */
  schedule(): void {
    if (this.#isScheduled || this.#closing.signal.aborted) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (!this.#closing.signal.aborted) this.#pump();
    });
  }

  close(): void {
    this.#closing.abort();
    this.#wake.cancel();
    this.#forgetRefreshes();
    this.#turns.clear();
  }

  #pump(): void {
    const nowMs = this.#cluster.clock.monotonic();
    this.#cluster.refreshIfOld();
    const work = this.#workByNode(nowMs);
    const { maxBufferedBytes, maxPartitionBytes } = this.#options;
    const budget = new PrefetchBudget(maxBufferedBytes, maxPartitionBytes, this.#turns, this.#turns.size);
    for (const [node, { lanes, busy, idle }] of work) {
      let waiting = idle;
      if (!lanes.idle.isTaken && idle.length > 0) {
        this.#start(node, lanes, lanes.idle, this.#reserve(budget, idle), idleWaitMs);
        waiting = [];
      }
      if (lanes.busy.isTaken) continue;
      const asked = this.#reserve(budget, busy.sort(starvedFirst));
      const waitMs = asked.length > 0 ? 0 : briefWaitMs;
      this.#start(node, lanes, lanes.busy, [...asked, ...this.#reserve(budget, waiting)], waitMs);
    }
  }

  #workByNode(nowMs: number): ReadonlyMap<number, NodeWork> {
    const work = new Map<number, NodeWork>();
    let isLeaderMissing = false;
    for (const partition of this.#turns) {
      if (!partition.isFetchable) continue;
      if (partition.retryAtMs > nowMs) {
        this.#wake.at(partition.retryAtMs);
        continue;
      }
      const node = this.#cluster.leader(partition.tp.topic, partition.tp.partition);
      if (node < 0) {
        // The next refresh wakes the loop.
        isLeaderMissing = true;
        continue;
      }
      let lanes = this.#lanes.get(node);
      if (lanes === undefined) this.#lanes.set(node, (lanes = new FetchLanes(this.#options.role)));
      if (lanes.retryAtMs > nowMs) {
        this.#wake.at(lanes.retryAtMs);
        continue;
      }
      let ofNode = work.get(node);
      if (ofNode === undefined) work.set(node, (ofNode = { lanes, busy: [], idle: [] }));
      (partition.isCaughtUp ? ofNode.idle : ofNode.busy).push(partition);
    }
    if (isLeaderMissing) this.#refresh();
    return work;
  }

  #reserve(budget: PrefetchBudget, partitions: readonly FetchPartition[]): Asked[] {
    const asked: Asked[] = [];
    for (const partition of partitions) {
      const maxBytes = budget.reserve(partition);
      if (maxBytes > 0) asked.push({ partition, epoch: partition.epoch, position: partition.fetchOffset, maxBytes });
    }
    return asked;
  }

  #start(node: number, lanes: FetchLanes, lane: Lane, asked: readonly Asked[], maxWaitMs: number): void {
    if (asked.length === 0) return;
    lane.isTaken = true;
    for (const { partition } of asked) {
      partition.isBusy = true;
      this.#turns.delete(partition);
      this.#turns.add(partition);
    }
    void this.#fetch(node, lanes, lane, asked, maxWaitMs);
  }

  /** Never rejects. */
  async #fetch(node: number, lanes: FetchLanes, lane: Lane, asked: readonly Asked[], maxWaitMs: number): Promise<void> {
    const { clock, context, requester } = this.#cluster;
    const startedAtMs = clock.monotonic();
    let hasNews = false;
    try {
      const { version, response } = await requester.call(
        node,
        lane.channel,
        fetchVersions(asked),
        fetchRequest(this.#cluster, asked, { isolation: this.#options.isolation, maxWaitMs }),
        { timeoutMs: maxWaitMs + context.requestTimeoutMs, signal: this.#closing.signal },
      );
      if (this.#closing.signal.aborted) return;
      if (response.errorCode !== 0) throw brokerFailure(response.errorCode, `A fetch from node ${node}`, { node: String(node) });
      lanes.failures = 0;
      const answers = matchAnswers(asked, version, response);
      hasNews = this.#answers.take(asked, answers, response.nodeEndpoints);
      if (!hasNews) this.#answers.slowDown(asked, answers, startedAtMs, maxWaitMs);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#nodeFailed(node, lanes, asked, asClientError(error, `A fetch from node ${node}`));
    } finally {
      lane.isTaken = false;
    }
    this.#events.answered(hasNews);
    this.schedule();
  }

  #nodeFailed(node: number, lanes: FetchLanes, asked: readonly Asked[], error: ClientError): void {
    for (const { partition, epoch } of asked) if (partition.epoch === epoch) partition.release();
    if (error.kind !== 'retriable') {
      this.#events.failed(error);
      return;
    }
    lanes.failures++;
    lanes.retryAtMs = this.#cluster.clock.monotonic() + backoffMs(this.#cluster.context, lanes.failures);
    this.#cluster.context.log.debug('A fetch was not answered', { node, error: error.message, failures: lanes.failures });
    this.#refresh();
  }

  #refresh(): void {
    this.#cluster.refresh().catch((error: unknown) => {
      if (this.#closing.signal.aborted) return;
      const failure = asClientError(error, 'Asking for metadata');
      if (failure.kind === 'retriable') this.schedule();
      else this.#events.failed(failure);
    });
  }

  #report(partition: FetchPartition, issue: ReadIssue): void {
    partition.issue = issue;
    partition.isIssueTold = false;
    this.#events.answered(true);
  }
}

function starvedFirst(a: FetchPartition, b: FetchPartition): number {
  return b.starvedTimes - a.starvedTimes;
}
