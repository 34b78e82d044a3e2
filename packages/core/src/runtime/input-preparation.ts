/**
 * The asynchronous step of a serde: fetching what decoding a batch will need (schemas), before the batch is queued, so that decoding never waits (I1). A batch that has to wait
 * is held back here, with what comes behind it from the same partition; everything else goes on.
 */
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import { sleep } from '../time.ts';
import type { Serde } from '../serde/serde.ts';
import type { ApplicationTopics } from './application-topics.ts';
import type { RuntimeOptions } from './options.ts';
import { isRetriable } from './retry.ts';

export type Preparation = (batch: FetchedRecords) => Promise<void> | void;

const firstPauseMs = 50;
const longestPauseMs = 2_000;

/** What waits of one partition. */
interface Held {
  readonly batches: FetchedRecords[];
  /** Assignment of the partition that the batches came with: of an earlier one they are worth nothing. */
  readonly assignment: number;
  readonly stop: AbortController;
}

export interface InputPreparationInit {
  readonly topics: ApplicationTopics;
  readonly options: Pick<RuntimeOptions, 'clock' | 'log' | 'metrics' | 'clientId'>;
  /** Counts the assignments of a partition; undefined while it is not assigned. */
  readonly assignmentOf: (tp: TopicPartition) => number | undefined;
}

export class InputPreparation {
  readonly #init: InputPreparationInit;
  readonly #byTopic = new Map<string, readonly Preparation[]>();
  readonly #held = new Map<TopicPartition, Held>();
  #ready: { readonly batch: FetchedRecords; readonly assignment: number }[] = [];
  #failure: { readonly error: unknown } | undefined;
  /** False for nearly every topology: then no batch is looked at. */
  readonly needed: boolean;

  constructor(init: InputPreparationInit) {
    this.#init = init;
    this.needed = init.topics.subtopologies.some((subtopology) =>
      subtopology.plan.nodes.some(
        (node) => node.kind === 'source' && (node.keySerde.prepare !== undefined || node.valueSerde.prepare !== undefined),
      ),
    );
    if (!this.needed) return;
    const { metrics, clientId } = init.options;
    metrics.gauge('held-partitions', { 'client-id': clientId }, () => this.#held.size);
  }

  /** Something is held back or waits to be taken. */
  get waiting(): boolean {
    return this.#held.size > 0 || this.#ready.length > 0;
  }

  /** Records of the partition wait here: nobody may believe that it is read up to where the reader stands. */
  holds(tp: TopicPartition): boolean {
    return this.#held.has(tp);
  }

  /**
   * Takes what was read and returns what may be queued now, in order: what was held and is ready, then what need not wait.
   *
   * @throws what a serde's preparation threw, unless it may be tried again
   */
  pass(batches: readonly FetchedRecords[]): readonly FetchedRecords[] {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#dropStale();
    const passed = this.#ready
      .filter(({ batch, assignment }) => this.#init.assignmentOf(batch.tp) === assignment)
      .map(({ batch }) => batch);
    this.#ready = [];
    for (const batch of batches) {
      const held = this.#held.get(batch.tp);
      if (held !== undefined) held.batches.push(batch);
      else if (!this.#hold(batch)) passed.push(batch);
    }
    return passed;
  }

  /** The partition is read from elsewhere. */
  drop(tp: TopicPartition): void {
    this.#held.get(tp)?.stop.abort();
    this.#held.delete(tp);
    this.#ready = this.#ready.filter(({ batch }) => batch.tp !== tp);
  }

  /** Nothing goes on after it. */
  close(): void {
    for (const tp of this.#held.keys()) this.drop(tp);
  }

  /** False if the batch need not wait. */
  #hold(batch: FetchedRecords): boolean {
    const { tp } = batch;
    const preparations = this.#of(tp.topic);
    for (let i = 0; i < preparations.length; i++) {
      let pending: Promise<void> | void;
      try {
        pending = (preparations[i] as Preparation)(batch);
      } catch (error) {
        pending = Promise.reject(error);
      }
      if (!(pending instanceof Promise)) continue;
      const held: Held = { batches: [batch], assignment: this.#init.assignmentOf(tp) ?? 0, stop: new AbortController() };
      this.#held.set(tp, held);
      void this.#release(tp, held, pending);
      return true;
    }
    return false;
  }

  /** Prepares what is held, batch by batch, as often as it takes. */
  async #release(tp: TopicPartition, held: Held, first: Promise<void>): Promise<void> {
    let pending: Promise<void> | undefined = first;
    try {
      for (let batch = held.batches[0]; batch !== undefined; batch = held.batches[0]) {
        await this.#prepared(batch, held, pending);
        pending = undefined;
        if (held.stop.signal.aborted) return;
        held.batches.shift();
        this.#ready.push({ batch, assignment: held.assignment });
      }
      this.#held.delete(tp);
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  async #prepared(batch: FetchedRecords, held: Held, first: Promise<void> | undefined): Promise<void> {
    const { clock, log } = this.#init.options;
    let pending = first;
    for (let pauseMs = firstPauseMs; !held.stop.signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        await pending;
        pending = undefined;
        for (const preparation of this.#of(batch.tp.topic)) await preparation(batch);
        return;
      } catch (error) {
        pending = undefined;
        if (held.stop.signal.aborted) return;
        if (!isRetriable(error)) throw error;
        const { topic, partition } = batch.tp;
        if (pauseMs >= longestPauseMs)
          log.warn('a partition waits for what its serde needs', { topic, partition, offset: batch.offset(0), error });
        await sleep(clock, pauseMs, held.stop.signal);
      }
    }
  }

  /** Of partitions that went elsewhere, or came back and are read anew. */
  #dropStale(): void {
    if (this.#held.size === 0) return;
    for (const [tp, { assignment }] of this.#held) if (this.#init.assignmentOf(tp) !== assignment) this.drop(tp);
  }

  #of(topic: string): readonly Preparation[] {
    let preparations = this.#byTopic.get(topic);
    if (preparations === undefined) this.#byTopic.set(topic, (preparations = preparationsOf(topic, this.#init.topics)));
    return preparations;
  }
}

/** What the sources of a topic need before its records are decoded. */
export function preparationsOf(topic: string, topics: ApplicationTopics): readonly Preparation[] {
  const found: Preparation[] = [];
  for (const subtopology of topics.subtopologies) {
    const reading = topics.topicsOfSources(subtopology, new Set([topic]));
    for (const node of subtopology.plan.nodes) {
      if (node.kind !== 'source' || reading.get(node.name)?.includes(topic) !== true) continue;
      found.push(...preparationOf(node.keySerde, topic, 'key'), ...preparationOf(node.valueSerde, topic, 'value'));
    }
  }
  return found;
}

/** Nothing for nearly every serde. */
export function preparationOf(serde: Serde<unknown>, topic: string, role: 'key' | 'value'): readonly Preparation[] {
  if (serde.prepare === undefined) return [];
  const bound = serde.bind?.({ topic, role }) ?? serde;
  return [(batch): Promise<void> | void => bound.prepare?.(batch, role)];
}
