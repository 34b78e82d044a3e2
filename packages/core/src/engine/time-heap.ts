/**
 * A binary heap by timestamp. Equal timestamps come out in the order that `java.util.PriorityQueue` gives for the same insertions: which of two partitions or punctuations
 * goes first at a tie is not specified by Kafka Streams, but it is seen in its results.
 */

export interface Timed {
  readonly timestamp: number;
}

export class TimeHeap<T extends Timed> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const other = items[parent] as T;
      if (item.timestamp >= other.timestamp) break;
      items[at] = other;
      at = parent;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const result = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.#sink(last);
    return result;
  }

  clear(): void {
    this.#items.length = 0;
  }

  /** Places `item` from the root downwards. */
  #sink(item: T): void {
    const items = this.#items;
    const size = items.length;
    const half = size >>> 1;
    let at = 0;
    while (at < half) {
      let child = 2 * at + 1;
      const right = child + 1;
      if (right < size && (items[child] as T).timestamp > (items[right] as T).timestamp) child = right;
      const other = items[child] as T;
      if (item.timestamp <= other.timestamp) break;
      items[at] = other;
      at = child;
    }
    items[at] = item;
  }
}
