/** Timers in the order in which they fire: by due time, then by the order in which they were set. */

export interface HeapTimer {
  readonly dueMs: number;
  readonly sequence: number;
  /** Undefined once it fired or was cancelled. */
  callback: (() => void) | undefined;
}

/** A binary heap. Cancelled timers stay in it until they come up, or until they are the most of it. */
export class TimerHeap {
  #timers: HeapTimer[] = [];
  #cancelled = 0;

  /** Timers that will fire. */
  get size(): number {
    return this.#timers.length - this.#cancelled;
  }

  push(timer: HeapTimer): void {
    const timers = this.#timers;
    let at = timers.length;
    timers.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = timers[parent];
      if (above === undefined || !before(timer, above)) break;
      timers[at] = above;
      at = parent;
    }
    timers[at] = timer;
  }

  cancel(timer: HeapTimer): void {
    if (timer.callback === undefined) return;
    timer.callback = undefined;
    this.#cancelled++;
    if (this.#cancelled > 64 && this.#cancelled * 2 > this.#timers.length) {
      this.#timers = this.#timers.filter((each) => each.callback !== undefined).sort((a, b) => (before(a, b) ? -1 : 1));
      this.#cancelled = 0;
    }
  }

  /** The next timer to fire, left in the heap. */
  peek(): HeapTimer | undefined {
    for (;;) {
      const first = this.#timers[0];
      if (first === undefined || first.callback !== undefined) return first;
      this.#removeFirst();
      this.#cancelled--;
    }
  }

  pop(): HeapTimer | undefined {
    const first = this.peek();
    if (first !== undefined) this.#removeFirst();
    return first;
  }

  #removeFirst(): void {
    const timers = this.#timers;
    const last = timers.pop();
    const size = timers.length;
    if (last === undefined || size === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      let below = timers[child];
      if (below === undefined) break;
      const right = timers[child + 1];
      if (right !== undefined && before(right, below)) {
        child++;
        below = right;
      }
      if (!before(below, last)) break;
      timers[at] = below;
      at = child;
    }
    timers[at] = last;
  }
}

function before(a: HeapTimer, b: HeapTimer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}
