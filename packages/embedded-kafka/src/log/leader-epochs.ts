/** Where each leader epoch begins in a log; answers OffsetForLeaderEpoch. */

interface EpochStart {
  readonly epoch: number;
  startOffset: number;
}

export class LeaderEpochs {
  #starts: EpochStart[] = [];

  /** Notes that a batch of this epoch begins at `offset`. */
  assign(epoch: number, offset: number): void {
    const last = this.#starts.at(-1);
    if (last === undefined || epoch > last.epoch) this.#starts.push({ epoch, startOffset: offset });
  }

  /** Forgets epochs that lie wholly below the beginning of the log. */
  truncateBelow(logStart: number): void {
    const keep = this.#starts.filter((_, index) => {
      const next = this.#starts[index + 1];
      return next === undefined || next.startOffset > logStart;
    });
    const first = keep[0];
    if (first !== undefined && first.startOffset < logStart) first.startOffset = logStart;
    this.#starts = keep;
  }

  /** The epoch of the batch at `offset`, -1 if none is known. */
  epochAt(offset: number): number {
    let found = -1;
    for (const start of this.#starts) if (start.startOffset <= offset) found = start.epoch;
    return found;
  }

  /**
   * The largest epoch not above `requested` that has data, and where it ends; both -1 where that is not known.
   * @param current epoch of the leader now
   */
  endOf(requested: number, current: number, logEnd: number): { readonly epoch: number; readonly endOffset: number } {
    if (requested < 0 || requested > current) return { epoch: -1, endOffset: -1 };
    if (requested === current) return { epoch: current, endOffset: logEnd };
    let found: EpochStart | undefined;
    for (const start of this.#starts) {
      if (start.epoch > requested) return { epoch: found?.epoch ?? requested, endOffset: start.startOffset };
      found = start;
    }
    return found === undefined ? { epoch: -1, endOffset: -1 } : { epoch: found.epoch, endOffset: logEnd };
  }
}
