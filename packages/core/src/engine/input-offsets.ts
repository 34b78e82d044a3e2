/**
 * Where a task's inputs stand: what a commit writes as offsets, with the times in their metadata, and what a task takes from there when it starts or comes back. Whether somebody
 * else went on meanwhile shows here too (I4).
 */
import { StreamsError } from '../errors.ts';
import type { CommittedOffset } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { Logger } from '../log.ts';
import { type KeptTimes, timesForMetadata } from './kept-times.ts';
import { decodeOffsetMetadata, encodeOffsetMetadata } from './offset-metadata.ts';
import type { PartitionGroup } from './partition-group.ts';
import type { InputPosition, StateManager } from './state-manager.ts';

export interface InputOffsetsInit {
  readonly taskId: string;
  readonly log: Logger;
  readonly group: PartitionGroup;
  readonly state: StateManager;
  readonly times: KeptTimes;
}

/** What is committed, for Kafka and for the state. */
export interface OffsetsToCommit {
  readonly offsets: ReadonlyMap<TopicPartition, CommittedOffset>;
  readonly inputs: ReadonlyMap<TopicPartition, InputPosition>;
  readonly times: ReadonlyMap<string, bigint>;
}

export class InputOffsets {
  readonly #init: InputOffsetsInit;
  /** Where this task's last commit stood. */
  readonly #committed = new Map<TopicPartition, number>();

  constructor(init: InputOffsetsInit) {
    this.#init = init;
  }

  /**
   * Reads on from what was committed, or from the state's own position if that is further. Returns where that is; undefined: nothing says it.
   *
   * @throws MR_TASK_LOST where a suspended task's offset was moved by somebody else
   */
  take(tp: TopicPartition, committed: CommittedOffset | null, suspended: boolean): number | undefined {
    const { group, log, state, taskId, times } = this.#init;
    const own = this.#committed.get(tp);
    if (suspended && own !== undefined && committed !== null && committed.offset > own) {
      throw new StreamsError(
        'MR_TASK_LOST',
        `while task ${taskId} was suspended somebody else moved ${tp.topic}-${tp.partition} from ${own} to ${committed.offset}`,
        {
          details: { taskId, topic: tp.topic, partition: tp.partition },
        },
      );
    }
    const queue = group.queue(tp);
    let position = committed?.offset;
    let partitionTime: number | undefined;
    if (committed !== null) {
      const metadata = decodeOffsetMetadata(committed.metadata);
      if (!metadata.understood)
        log.warn('offset metadata of an unknown form is ignored', { taskId, topic: tp.topic, partition: tp.partition });
      partitionTime = metadata.partitionTime;
      for (const [name, time] of metadata.times) times.learn(name, time);
    }
    for (const [name, time] of state.times) times.learn(name, time);
    // Stores without a changelog were written before the offsets were: if that commit did not reach Kafka, going on from the older offset would apply its records twice.
    const unlogged = state.unloggedInput(tp);
    if (unlogged !== undefined && (position === undefined || unlogged.offset > position)) {
      // So it is after a crash between the two; but also where somebody set the group's offsets back, and wonders.
      if (position !== undefined)
        log.warn('an input goes on behind its committed offset, since stores without a changelog include the records between', {
          taskId,
          topic: tp.topic,
          partition: tp.partition,
          committed: position,
          position: unlogged.offset,
        });
      position = unlogged.offset;
      partitionTime = unlogged.partitionTime;
    }
    queue.startAt(position, partitionTime);
    if (queue.partitionTime > group.streamTime) group.streamTime = queue.partitionTime;
    if (position !== undefined) this.#committed.set(tp, position);
    return position;
  }

  /** Where the queues stand now. From here on they have not advanced. */
  next(): OffsetsToCommit {
    const inputs = new Map<TopicPartition, InputPosition>();
    const offsets = new Map<TopicPartition, CommittedOffset>();
    const times = this.#init.times.snapshot();
    const committedTimes = timesForMetadata(times);
    for (const queue of this.#init.group.queues) {
      const offset = queue.position;
      if (offset === undefined) continue;
      inputs.set(queue.tp, { offset, partitionTime: queue.partitionTime });
      offsets.set(queue.tp, { offset, metadata: encodeOffsetMetadata(queue.partitionTime, committedTimes) });
      queue.advanced = false;
      this.#committed.set(queue.tp, offset);
    }
    return { offsets, inputs, times };
  }

  /** Forgets where the task stood. */
  clear(): void {
    this.#committed.clear();
  }
}
