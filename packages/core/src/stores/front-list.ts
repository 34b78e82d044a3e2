/**
 * A sorted array that is mostly appended to and taken from the front. What is taken leaves a gap there, which is closed once it is as long as the rest: a hot key has
 * tens of thousands of rows that go one by one, and an array of that size moves whole with each `shift`.
 */

/** A gap below this many places is not worth closing. */
const leastGap = 32;
/** The runtime moves what is behind a place so many times faster than a loop moves what is before it. */
const moveRatio = 16;

export class FrontList<T> {
  /** What there is begins at `start`; before that stands nothing of use. */
  readonly entries: T[];
  start = 0;
  readonly #vacant: T;

  /**
   * @param vacant stands in places of the gap, so that they keep nothing alive
   * @param entries empty; whatever is in the list is in here
   */
  constructor(vacant: T, entries: T[] = []) {
    this.#vacant = vacant;
    this.entries = entries;
  }

  get size(): number {
    return this.entries.length - this.start;
  }

  /** Puts one in where another stands, which moves up; `at` is a place in `entries`, `start` or more. */
  insert(at: number, entry: T): void {
    const { entries, start } = this;
    const { length } = entries;
    if (at === length) {
      entries.push(entry);
    } else if (start > 0 && (at - start) * moveRatio <= length - at) {
      for (let place = start; place < at; place++) entries[place - 1] = entries[place] as T;
      entries[at - 1] = entry;
      this.start--;
    } else {
      entries.splice(at, 0, entry);
    }
  }

  /** `at` is a place in `entries` that has one. */
  removeAt(at: number): void {
    const { entries, start } = this;
    const { length } = entries;
    if (at === length - 1) {
      entries.pop();
    } else if ((at - start) * moveRatio <= length - at) {
      for (let place = at; place > start; place--) entries[place] = entries[place - 1] as T;
      entries[start] = this.#vacant;
      this.start++;
    } else {
      entries.splice(at, 1);
    }
    this.#close();
  }

  clear(): void {
    this.entries.length = 0;
    this.start = 0;
  }

  #close(): void {
    const { entries, start } = this;
    const { length } = entries;
    if (start === length) this.clear();
    else if (start >= leastGap && start * 2 >= length) {
      entries.splice(0, start);
      this.start = 0;
    }
  }
}
