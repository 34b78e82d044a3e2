/** Rows of a time-ordered store by time alone: each time that has rows, in order, with its rows. What emission on window close walks, instead of looking at every key. */
import type { TimedEntry } from './timed-entry.ts';

export class TimeIndex {
  /** Ascending; mostly appended to, and taken from the front. */
  readonly #times: number[] = [];
  readonly #rows = new Map<number, Set<TimedEntry>>();

  add(entry: TimedEntry): void {
    const rows = this.#rows.get(entry.time);
    if (rows !== undefined) {
      rows.add(entry);
      return;
    }
    this.#rows.set(entry.time, new Set([entry]));
    const times = this.#times;
    if (times.length === 0 || (times[times.length - 1] as number) < entry.time) times.push(entry.time);
    else times.splice(lowerBound(times, entry.time), 0, entry.time);
  }

  delete(entry: TimedEntry): void {
    const rows = this.#rows.get(entry.time);
    if (rows === undefined || !rows.delete(entry) || rows.size > 0) return;
    this.#rows.delete(entry.time);
    const at = lowerBound(this.#times, entry.time);
    if (at === 0) this.#times.shift();
    else this.#times.splice(at, 1);
  }

  clear(): void {
    this.#times.length = 0;
    this.#rows.clear();
  }

  /** The first time after this one that has rows. */
  timeAfter(time: number): number | undefined {
    return this.#times[lowerBound(this.#times, time + 1)];
  }

  /** Rows with `from <= time <= to`, by time; those of one time in no particular order. */
  visit(from: number, to: number, visitor: (entry: TimedEntry) => void): void {
    const times = this.#times;
    for (let i = lowerBound(times, from); i < times.length; i++) {
      const time = times[i] as number;
      if (time > to) return;
      for (const entry of this.#rows.get(time) as Set<TimedEntry>) visitor(entry);
    }
  }
}

function lowerBound(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
