/** A set of times in ascending order; mostly appended to, and taken from the front. */
import { FrontList } from './front-list.ts';
import { lowerBound } from './lower-bound.ts';

export class OrderedTimes {
  readonly #list = new FrontList<number>(0);

  get size(): number {
    return this.#list.size;
  }

  get first(): number | undefined {
    return this.#list.entries[this.#list.start];
  }

  get last(): number | undefined {
    const { entries } = this.#list;
    return entries[entries.length - 1];
  }

  has(time: number): boolean {
    return this.#list.entries[this.#placeOf(time)] === time;
  }

  /** Nothing if it is there already. */
  add(time: number): void {
    const { entries } = this.#list;
    const at = this.#placeOf(time);
    if (entries[at] !== time) this.#list.insert(at, time);
  }

  /** Nothing if it is not there. */
  delete(time: number): void {
    const at = this.#placeOf(time);
    if (this.#list.entries[at] === time) this.#list.removeAt(at);
  }

  /** The first that is not before a time. */
  atOrAfter(time: number): number | undefined {
    return this.#list.entries[this.#placeOf(time)];
  }

  /** The last that is before a time. */
  before(time: number): number | undefined {
    const at = this.#placeOf(time) - 1;
    return at < this.#list.start ? undefined : this.#list.entries[at];
  }

  clear(): void {
    this.#list.clear();
  }

  /** Hands over times with `from <= time <= to`. The visitor changes no times. */
  visit(from: number, to: number, visitor: (time: number) => void): void {
    const { entries } = this.#list;
    for (let at = this.#placeOf(from); at < entries.length; at++) {
      const time = entries[at] as number;
      if (time > to) return;
      visitor(time);
    }
  }

  #placeOf(time: number): number {
    const { entries, start } = this.#list;
    const { length } = entries;
    if (length === start || (entries[length - 1] as number) < time) return length;
    return lowerBound(entries, time, start);
  }
}
