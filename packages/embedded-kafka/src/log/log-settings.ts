/** The settings of a topic that a log follows, in the log's own words. `cluster/topic-configs.ts` makes them of the topic's settings. */

export interface LogSettings {
  readonly isCompacted: boolean;
  /** Segments are deleted by age and size. */
  readonly isDeleted: boolean;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** -1 = for ever. */
  readonly retentionMs: number;
  /** -1 = any size. */
  readonly retentionBytes: number;
  readonly minCompactionLagMs: number;
  /** How long a tombstone stays after the compaction that first met it. */
  readonly deleteRetentionMs: number;
  /** Share of bytes that were never compacted, from which on the timer compacts. */
  readonly minCleanableDirtyRatio: number;
  /** Records get the broker's time. */
  readonly isAppendTime: boolean;
}
