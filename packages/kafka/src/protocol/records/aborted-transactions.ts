/**
 * Which transactional batches of one fetch answer were aborted. The broker lists aborted transactions in the order in which they ended, so the
 * list is taken through a min-heap of first offsets; a producer's data is hidden from its first offset up to its abort marker.
 * Java: `CompletedFetch`.
 */

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export class AbortedTransactions {
  /** A binary heap: the parent of i is at (i - 1) >> 1. */
  readonly #heap: AbortedTransaction[] = [];
  readonly #active = new Set<number>();

  constructor(transactions: readonly AbortedTransaction[]) {
    for (const transaction of transactions) this.#add(transaction);
  }

  /** Tells of a data batch, in offset order, whether it belongs to an aborted transaction. */
  hides(producerId: number, lastOffset: number): boolean {
    this.#advance(lastOffset);
    return this.#active.has(producerId);
  }

  /** Tells of a marker, in offset order: the producer's transaction ended here. */
  ends(producerId: number, offset: number): void {
    this.#advance(offset);
    this.#active.delete(producerId);
  }

  #advance(offset: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.firstOffset <= offset; first = this.#heap[0]) {
      this.#active.add(first.producerId);
      this.#removeFirst();
    }
  }

  #add(transaction: AbortedTransaction): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(transaction);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.firstOffset <= transaction.firstOffset) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = transaction;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const moved = heap.pop();
    if (moved === undefined || heap.length === 0) return;
    let index = 0;
    while (true) {
      let childIndex = index * 2 + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.firstOffset < child.firstOffset) {
        child = right;
        childIndex++;
      }
      if (moved.firstOffset <= child.firstOffset) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = moved;
  }
}
