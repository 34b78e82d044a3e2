/**
 * When rows of a windowed store expire. A store has a time of its own, the largest it was given; Java's two kinds draw different conclusions from it:
 * a persistent store refuses what belongs to a segment that is gone and hides what is older than its retention, one in memory does both exactly at its retention.
 * Kafka Streams: `AbstractSegments`, `AbstractRocksDBSegmentedBytesStore`, `AbstractDualSchemaRocksDBSegmentedBytesStore`, `InMemoryWindowStore`.
 */
import type { Persistence } from './store-spec.ts';

const minSegmentMs = 60_000;

export interface StoreTimesInit {
  readonly persistence: Persistence;
  readonly retentionMs: number;
  /** Still shows what is exactly as old as the retention: persistent time-ordered window stores, for emission on close with grace and retention equal. */
  readonly showsBound: boolean;
  /** Rows that reads by key hide are still listed by time until their segment is gone: persistent time-ordered session stores. */
  readonly keepsSegments: boolean;
}

export class StoreTimes {
  /** Width of a segment. Also decides the order in which a persistent store is listed. */
  readonly segmentMs: number;
  readonly #retentionMs: number;
  readonly #persistent: boolean;
  readonly #shown: number;
  readonly #keepsSegments: boolean;
  #observed = -1;
  /** Rows of earlier times are not shown. */
  readableFrom: number = Number.NEGATIVE_INFINITY;
  /** Rows of earlier times need not be kept. */
  keptFrom: number = Number.NEGATIVE_INFINITY;
  /** Number of the first segment that is kept. */
  firstSegment = 0;

  constructor({ persistence, retentionMs, showsBound, keepsSegments }: StoreTimesInit) {
    // Windows without an end are kept forever.
    this.#retentionMs = Math.min(retentionMs, Number.MAX_SAFE_INTEGER);
    this.#persistent = persistence === 'persistent';
    this.#keepsSegments = keepsSegments;
    this.#shown = showsBound ? 0 : 1;
    this.segmentMs = Math.max(Math.trunc(this.#retentionMs / 2), minSegmentMs);
    this.observed = -1;
  }

  /** The largest time of a row, refused ones included; -1 if there was none. */
  get observed(): number {
    return this.#observed;
  }

  set observed(time: number) {
    this.#observed = time;
    const expired = time - this.#retentionMs;
    this.readableFrom = expired + this.#shown;
    // Towards zero, as Java divides.
    this.firstSegment = Math.max(0, Math.trunc(expired / this.segmentMs));
    this.keptFrom = this.#keepsSegments ? this.firstSegment * this.segmentMs : this.readableFrom;
  }

  observe(time: number): void {
    if (time > this.#observed) this.observed = time;
  }

  segmentOf(time: number): number {
    return Math.trunc(time / this.segmentMs);
  }

  /** False if a row of this time is refused; `observe` comes first. */
  accepts(time: number): boolean {
    return this.#persistent ? this.segmentOf(time) >= this.firstSegment : time > this.#observed - this.#retentionMs;
  }
}
