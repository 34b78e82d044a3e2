/** Committed offsets of one group. They do not expire. */

export interface CommittedOffset {
  readonly offset: number;
  /** -1 = not told. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export class CommittedOffsets {
  readonly #byTopic = new Map<string, Map<number, CommittedOffset>>();

  get size(): number {
    let size = 0;
    for (const partitions of this.#byTopic.values()) size += partitions.size;
    return size;
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#byTopic.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, offset: CommittedOffset): void {
    let partitions = this.#byTopic.get(topic);
    if (partitions === undefined) this.#byTopic.set(topic, (partitions = new Map()));
    partitions.set(partition, offset);
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#byTopic.get(topic);
    partitions?.delete(partition);
    if (partitions?.size === 0) this.#byTopic.delete(topic);
  }

  deleteTopic(topic: string): void {
    this.#byTopic.delete(topic);
  }

  topics(): Iterable<readonly [topic: string, partitions: ReadonlyMap<number, CommittedOffset>]> {
    return this.#byTopic;
  }
}
