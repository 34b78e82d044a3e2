/** What a store gets from the task that opens it. */
import type { StateEngine } from '@millrace/state';
import type { OutputPartition } from '../kafka/port.ts';
import type { ReadCache } from './read-cache.ts';
import type { CacheBudget } from './record-cache.ts';
import type { RecordContext } from './record-context.ts';

export interface StoreEnvironment {
  readonly taskId: string;
  readonly engine: StateEngine;
  /** In front of every key of the store. */
  readonly prefix: Uint8Array;
  readonly context: RecordContext;
  /** Null: not logged, or the changelog is the source topic. */
  readonly changelog: OutputPartition | null;
  /** Topic that serdes are bound to: the changelog, also where the store is not logged. */
  readonly serdeTopic: string;
  /** Budget of the record cache; null where record caching is off (size 0). */
  readonly cacheBudget: CacheBudget | null;
  /** What a row takes for headers in Kafka Streams' form, without any: its record cache counts it. @default 0 */
  readonly headersBytes?: number | undefined;
  /**
   * The engine ends with the task and the store has a changelog: kinds that can hold all their rows in memory need not write them to the engine.
   *
   * @default false
   */
  readonly volatile?: boolean | undefined;
  /**
   * What a buffer of a join holds in memory at most, in bytes, of what the engine has too (I7).
   *
   * @default 32 MiB
   */
  readonly maxHeldBytes?: number | undefined;
  readonly readCache: ReadCache;
  /** Counts a record that the store refuses (`dropped-records-total`); `reason` is a fixed text. */
  readonly dropped: (reason: string) => void;
}
