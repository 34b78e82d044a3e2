/**
 * A store as the task's state manager drives it, whatever its kind: flush, take, settle, restore. The typed face that processors see is a separate interface of the same object.
 */
import type { EngineBatch } from '@millrace/state';
import type { FetchedRecords } from '../kafka/fetched-records.ts';

export interface ManagedStore {
  readonly name: string;
  /** True if what it holds is in memory only, so that a restore always starts at the changelog's beginning. */
  readonly volatile: boolean;
  /** Bytes of entries that the engine does not have yet (I7). */
  readonly uncommittedBytes: number;
  /** True if the record cache holds updates that were not forwarded. */
  readonly unflushed: boolean;
  /** Forwards and logs what the record cache holds, in the order of the last writes. */
  flush(): void;
  /** Puts everything that is forwarded and not committed into the batch; it counts as taken until `settle` or `reset`. */
  take(batch: EngineBatch): void;
  /** What was taken is in the engine now. */
  settle(): void;
  /** Forgets everything that is only in memory, clean entries too. */
  reset(): void;
  /** Puts one changelog record into the batch, past everything in memory. Returns the bytes that it adds. */
  restore(records: FetchedRecords, index: number, batch: EngineBatch): number;
  /** What was restored is about to be written: adds what the store keeps about all its rows. */
  finishRestore?(batch: EngineBatch): void;
}
