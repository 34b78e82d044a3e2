/** What an instance tells while it runs: restore progress and its tasks. Plain data; listeners are called synchronously and must not throw. */
import type { TopicPartition } from '../kafka/topic-partition.ts';

/** Why a store is rebuilt from its changelog's start although there was local state (I2). */
export type RebuildReason = 'belowLogStart' | 'beyondLogEnd' | 'recreated' | 'tooOld' | 'outOfRange' | 'formatChanged';

interface RestoreEventBase {
  readonly taskId: string;
  readonly store: string;
  /** The changelog's partition. */
  readonly tp: TopicPartition;
  /** Where restoring began, where it is, and where it ends: offsets of the changelog. */
  readonly start: number;
  readonly position: number;
  readonly end: number;
}

/** Kafka Streams: `StateRestoreListener`. */
export type RestoreEvent =
  | (RestoreEventBase & { readonly kind: 'start'; readonly rebuild: RebuildReason | undefined })
  | (RestoreEventBase & {
      readonly kind: 'progress';
      /** Records applied since the start. */
      readonly records: number;
      readonly recordsPerSecond: number;
      /** Time left at this rate, ms; undefined while there is no rate. */
      readonly etaMs: number | undefined;
    })
  | (RestoreEventBase & { readonly kind: 'end'; readonly records: number; readonly elapsedMs: number })
  /** The task went elsewhere before the end. */
  | (RestoreEventBase & { readonly kind: 'suspended'; readonly records: number });

export type RestoreListener = (event: RestoreEvent) => void;

/** `restoring` → `running` → `suspended` (over a rebalance) → `running` or gone. */
export type TaskPhase = 'restoring' | 'running' | 'suspended';

/** One task of this instance, as of now. Kafka Streams: `TaskMetadata`. */
export interface TaskMetadata {
  readonly taskId: string;
  readonly phase: TaskPhase;
  readonly inputs: readonly TopicPartition[];
  /** Offset behind the last commit of each input; absent before the first. */
  readonly committedOffsets: ReadonlyMap<TopicPartition, number>;
  /** End of each input as the broker last told it. */
  readonly endOffsets: ReadonlyMap<TopicPartition, number>;
}
