/** Rows of a time-ordered store by time alone: each time that has rows, in order, with its rows. What emission on window close walks, instead of looking at every key. */
import { OrderedTimes } from './ordered-times.ts';
import type { TimedEntry } from './timed-entry.ts';

export class TimeIndex {
  readonly #times = new OrderedTimes();
  readonly #rows = new Map<number, Set<TimedEntry>>();

  add(entry: TimedEntry): void {
    const rows = this.#rows.get(entry.time);
    if (rows !== undefined) {
      rows.add(entry);
      return;
    }
    this.#rows.set(entry.time, new Set([entry]));
    this.#times.add(entry.time);
  }

  delete(entry: TimedEntry): void {
    const rows = this.#rows.get(entry.time);
    if (rows === undefined || !rows.delete(entry) || rows.size > 0) return;
    this.#rows.delete(entry.time);
    this.#times.delete(entry.time);
  }

  clear(): void {
    this.#times.clear();
    this.#rows.clear();
  }

  /** The first time after this one that has rows. */
  timeAfter(time: number): number | undefined {
    return this.#times.atOrAfter(time + 1);
  }

  /** Rows with `from <= time <= to`, by time; those of one time in no particular order. */
  visit(from: number, to: number, visitor: (entry: TimedEntry) => void): void {
    this.#times.visit(from, to, (time) => {
      for (const entry of this.#rows.get(time) as Set<TimedEntry>) visitor(entry);
    });
  }
}
