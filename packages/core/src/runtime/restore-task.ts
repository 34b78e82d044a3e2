/**
 * What one task must replay, and why: a state machine without I/O. Told the changelogs' bounds it decides what of the local state may be kept (I2); told what was read, it
 * says when the task is complete, always by position against the end that was taken at the start, never by counting records.
 */
import { StreamsError } from '../errors.ts';
import type { ChangelogState } from '../engine/contract.ts';
import { formatTopicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import type { RebuildReason } from './events.ts';

export interface ChangelogBounds {
  readonly logStart: number;
  /** Under the uncommitted isolation, so that it is behind everything that a predecessor wrote. */
  readonly logEnd: number;
  /** The topic's id, where the broker offers it. */
  readonly topicId: string | undefined;
  /** The id noted with the local data, if there is any. */
  readonly notedId: string | undefined;
  /** Committed offset of a source topic that doubles as changelog; 0 where there is none. */
  readonly committed: number | undefined;
  /** Undefined: the topic keeps tombstones for ever, or its setting is not known. */
  readonly deleteRetentionMs: number | undefined;
}

/** Progress in one changelog partition. */
export interface RestoreRange {
  readonly tp: TopicPartition;
  readonly store: string;
  readonly isSource: boolean;
  readonly start: number;
  readonly end: number;
  position: number;
  records: number;
  done: boolean;
}

export interface RestoreDecision {
  /** Drop what is on disk first, for this reason, seen at this changelog. */
  readonly rebuild: { readonly reason: RebuildReason; readonly tp: TopicPartition; readonly detail: string } | undefined;
  readonly ranges: readonly RestoreRange[];
}

/**
 * Where to read from, for every changelog of a task. One changelog that cannot account for the local state wipes all stores that have one: they were written in one batch.
 *
 * @param ageMs how long ago the state was last open
 */
export function decideRestore(
  changelogs: readonly ChangelogState[],
  bounds: ReadonlyMap<TopicPartition, ChangelogBounds>,
  ageMs: number,
): RestoreDecision {
  let rebuild: RestoreDecision['rebuild'];
  for (const changelog of changelogs) rebuild ??= reasonToRebuild(changelog, boundsOf(changelog, bounds), ageMs);
  const ranges = changelogs.map((changelog): RestoreRange => {
    const { logStart, logEnd, committed } = boundsOf(changelog, bounds);
    // Where the task goes on reading: what lies below and is in no store would be in none for ever.
    const end = changelog.isSource ? Math.min(logEnd, Math.max(committed ?? 0, changelog.inputPosition ?? 0)) : logEnd;
    const start = rebuild === undefined ? (changelog.position ?? logStart) : logStart;
    return {
      tp: changelog.tp,
      store: changelog.store,
      isSource: changelog.isSource,
      start,
      end,
      position: start,
      records: 0,
      done: start >= end,
    };
  });
  return { rebuild, ranges };
}

function reasonToRebuild(changelog: ChangelogState, bounds: ChangelogBounds, ageMs: number): RestoreDecision['rebuild'] {
  const { inputPosition, position, tp } = changelog;
  // Nothing is held of it, so nothing can be wrong.
  if (position === undefined && inputPosition === undefined) return undefined;
  const { logStart, logEnd, topicId, notedId, deleteRetentionMs } = bounds;
  const place = formatTopicPartition(tp);
  if (isRecreated(bounds)) {
    return {
      reason: 'recreated',
      tp,
      detail: `changelog ${place} was deleted and made again (its topic id is ${topicId}, the local state is of ${notedId})`,
    };
  }
  if (position === undefined) return undefined;
  if (position > logEnd)
    return {
      reason: 'beyondLogEnd',
      tp,
      detail: `changelog ${place} ends at ${logEnd}, before the position ${position} of the local state: it lost records`,
    };
  if (changelog.otherFormat !== undefined)
    return {
      reason: 'formatChanged',
      tp,
      detail: `the rows of store ${changelog.store} on disk are of another format than the store is built with now: ${changelog.otherFormat}`,
    };
  // At the end nothing was missed, however old the state is and whatever was deleted below.
  if (position === logEnd) return undefined;
  if (position < logStart)
    return {
      reason: 'belowLogStart',
      tp,
      detail: `changelog ${place} starts at ${logStart}, behind the position ${position} of the local state`,
    };
  if (deleteRetentionMs !== undefined && ageMs > deleteRetentionMs) {
    return {
      reason: 'tooOld',
      tp,
      detail: `the local state was last open ${ageMs} ms ago, and changelog ${place} keeps deletions for ${deleteRetentionMs} ms only`,
    };
  }
  return undefined;
}

/** The topic is another one than that which the local data came from. */
export function isRecreated({ notedId, topicId }: ChangelogBounds): boolean {
  return topicId !== undefined && notedId !== undefined && topicId !== notedId;
}

function boundsOf(changelog: ChangelogState, bounds: ReadonlyMap<TopicPartition, ChangelogBounds>): ChangelogBounds {
  const known = bounds.get(changelog.tp);
  if (known !== undefined) return known;
  throw new StreamsError('MR_INVARIANT', `the bounds of changelog ${formatTopicPartition(changelog.tp)} are not known`, {
    details: { topic: changelog.tp.topic, partition: changelog.tp.partition },
  });
}

/** True if the local state may be the only copy of some rows: rebuilding it from the changelog would lose them. */
export function mayLoseRows({ reason }: NonNullable<RestoreDecision['rebuild']>): boolean {
  return reason === 'recreated' || reason === 'beyondLogEnd';
}

/** The coded error of a mismatch, for those who do not choose to rebuild. */
export function mismatchError(taskId: string, rebuild: NonNullable<RestoreDecision['rebuild']>): StreamsError {
  const { reason, tp, detail } = rebuild;
  return new StreamsError(
    reason === 'recreated' ? 'MR_TOPIC_RECREATED' : 'MR_CHANGELOG_TRUNCATED',
    `task ${taskId}: ${detail}. With stateMismatch 'rebuild' the stores of the task that have a changelog are dropped and rebuilt from what it has; to keep them, restore the changelog first`,
    { details: { taskId, topic: tp.topic, partition: tp.partition, reason } },
  );
}
