/** What waits in a buffer, by time and then by the bytes of its key. An item keeps its place until it is removed. */
import type { ByteString } from './key-bytes.ts';
import { lowerBound } from './lower-bound.ts';

export interface Queued {
  readonly time: number;
  readonly byteKey: ByteString;
}

interface Moment<T> {
  readonly items: Set<T>;
  /** The items in order, once the eldest was asked for; null after an addition. */
  ordered: T[] | null;
}

export class TimeQueue<T extends Queued> {
  /** Ascending. */
  readonly #times: number[] = [];
  readonly #moments = new Map<number, Moment<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Infinity if it is empty. */
  get minTime(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  add(item: T): void {
    this.#size++;
    const moment = this.#moments.get(item.time);
    if (moment !== undefined) {
      moment.items.add(item);
      moment.ordered = null;
      return;
    }
    this.#moments.set(item.time, { items: new Set([item]), ordered: null });
    const times = this.#times;
    if (times.length === 0 || (times[times.length - 1] as number) < item.time) times.push(item.time);
    else times.splice(lowerBound(times, item.time), 0, item.time);
  }

  /** The eldest, which stays. */
  peek(): T | undefined {
    const time = this.#times[0];
    if (time === undefined) return undefined;
    const moment = this.#moments.get(time) as Moment<T>;
    // Latest first, so that the eldest is taken from the end.
    moment.ordered ??= [...moment.items].sort((a, b) => (a.byteKey < b.byteKey ? 1 : -1));
    return moment.ordered[moment.ordered.length - 1];
  }

  remove(item: T): void {
    const moment = this.#moments.get(item.time);
    if (moment === undefined || !moment.items.delete(item)) return;
    this.#size--;
    const { ordered } = moment;
    if (ordered !== null && ordered[ordered.length - 1] === item) ordered.pop();
    else moment.ordered = null;
    if (moment.items.size > 0) return;
    this.#moments.delete(item.time);
    const at = lowerBound(this.#times, item.time);
    if (at === 0) this.#times.shift();
    else this.#times.splice(at, 1);
  }

  /** The latest time before another that has items. */
  timeBefore(time: number): number | undefined {
    return this.#times[lowerBound(this.#times, time) - 1];
  }

  itemsAt(time: number): Iterable<T> {
    return this.#moments.get(time)?.items ?? [];
  }

  clear(): void {
    this.#times.length = 0;
    this.#moments.clear();
    this.#size = 0;
  }
}
