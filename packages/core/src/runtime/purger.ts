/**
 * Deletes the records of repartition topics that every task is past: they keep for ever otherwise. Behind committed offsets only, beside the loop, one request at a time; a
 * failure costs nothing but space. Kafka Streams: `TaskManager.maybePurgeCommittedRecords`.
 */
import type { ClusterAdmin, CommittedOffset } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { ApplicationTopics } from './application-topics.ts';
import type { RuntimeOptions } from './options.ts';

export class Purger {
  readonly #admin: ClusterAdmin;
  readonly #topics: ApplicationTopics;
  readonly #options: RuntimeOptions;
  readonly #enabled: boolean;
  /** Committed and not purged. */
  #pending = new Map<TopicPartition, number>();
  readonly #purged = new Map<TopicPartition, number>();
  #nextMs: number;
  #running: Promise<void> | undefined;

  constructor(admin: ClusterAdmin, topics: ApplicationTopics, options: RuntimeOptions, enabled: boolean) {
    this.#admin = admin;
    this.#topics = topics;
    this.#options = options;
    this.#enabled = enabled;
    this.#nextMs = options.clock.monotonic() + options.repartitionPurgeIntervalMs;
    if (!enabled) options.log.warn('the brokers cannot delete records: repartition topics are not purged');
  }

  noteCommitted(offsets: ReadonlyMap<TopicPartition, CommittedOffset>): void {
    if (!this.#enabled) return;
    for (const [tp, { offset }] of offsets) {
      if (this.#topics.internal.get(tp.topic)?.kind === 'repartition' && offset > (this.#purged.get(tp) ?? 0))
        this.#pending.set(tp, offset);
    }
  }

  /** Starts a purge if one is due. */
  tick(): void {
    const now = this.#options.clock.monotonic();
    if (this.#pending.size === 0 || now < this.#nextMs || this.#running !== undefined) return;
    this.#nextMs = now + this.#options.repartitionPurgeIntervalMs;
    const before = this.#pending;
    this.#pending = new Map();
    this.#running = this.#purge(before);
  }

  /** Settles when no purge is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #purge(before: ReadonlyMap<TopicPartition, number>): Promise<void> {
    try {
      await this.#admin.deleteRecords(before);
      for (const [tp, offset] of before) this.#purged.set(tp, offset);
    } catch (error) {
      this.#options.log.warn('repartition topics could not be purged; the next round tries again', { error });
      for (const [tp, offset] of before) if (!this.#pending.has(tp)) this.#pending.set(tp, offset);
    }
    this.#running = undefined;
  }
}
