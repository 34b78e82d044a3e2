/** Which partition a piped record goes to: the one that it names, else the one that Kafka's producer chooses. */
import { StreamsError } from '@millrace/core';
import { partitionForKey } from '@millrace/core/kafka';

export class InputPartitioner {
  readonly #partitionCount: (topic: string) => number;
  /** Where the next record without a key goes, by topic: they take turns. */
  readonly #next = new Map<string, number>();

  constructor(partitionCount: (topic: string) => number) {
    this.#partitionCount = partitionCount;
  }

  /** @throws MR_ARGUMENT_INVALID for a partition that the topic does not have */
  choose(topic: string, key: Uint8Array | null, partition: number | undefined): number {
    const count = this.#partitionCount(topic);
    if (partition !== undefined) {
      if (Number.isInteger(partition) && partition >= 0 && partition < count) return partition;
      throw new StreamsError('MR_ARGUMENT_INVALID', `Topic ${topic} has ${count} partitions: there is no partition ${partition}.`, {
        details: { topic, partition },
      });
    }
    if (count === 1) return 0;
    if (key !== null) return partitionForKey(key, 0, key.length, count);
    const next = this.#next.get(topic) ?? 0;
    this.#next.set(topic, (next + 1) % count);
    return next;
  }
}
