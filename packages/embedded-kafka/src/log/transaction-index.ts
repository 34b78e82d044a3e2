/**
 * Open and aborted transactions of one partition: decides the last stable offset, and lists the aborted transactions that a
 * read-committed reader must filter (KIP-98). Aborted ones are kept in the order in which they ended, as a broker reports them.
 */

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Offset of the marker. */
  readonly lastOffset: number;
}

export class TransactionIndex {
  /** First offset of each open transaction by producer id. */
  readonly #open = new Map<number, number>();
  #aborted: AbortedTransaction[] = [];

  /** Notes a transactional batch; only a producer's first one since its last marker matters. */
  begin(producerId: number, offset: number): void {
    if (!this.#open.has(producerId)) this.#open.set(producerId, offset);
  }

  /** Notes a marker at `offset`. */
  end(producerId: number, offset: number, isCommit: boolean): void {
    const firstOffset = this.#open.get(producerId);
    if (firstOffset === undefined) return;
    this.#open.delete(producerId);
    if (!isCommit) this.#aborted.push({ producerId, firstOffset, lastOffset: offset });
  }

  /** First offset of the producer's open transaction, -1 if it has none. */
  firstOffsetOf(producerId: number): number {
    return this.#open.get(producerId) ?? -1;
  }

  /** Everything below is decided. */
  lastStableOffset(highWatermark: number): number {
    let stable = highWatermark;
    for (const firstOffset of this.#open.values()) stable = Math.min(stable, firstOffset);
    return stable;
  }

  /** Aborted transactions with data or marker in [from, to). */
  abortedBetween(from: number, to: number): readonly AbortedTransaction[] {
    return this.#aborted.filter((aborted) => aborted.lastOffset >= from && aborted.firstOffset < to);
  }

  /** Forgets aborted transactions that lie wholly below the beginning of the log. */
  truncateBelow(logStart: number): void {
    this.#aborted = this.#aborted.filter((aborted) => aborted.lastOffset >= logStart);
  }
}
