/** What waits in a buffer, by time and then by the bytes of its key. An item keeps its place until it is removed. */
import type { ByteString } from './key-bytes.ts';
import { OrderedTimes } from './ordered-times.ts';

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
  readonly #times = new OrderedTimes();
  readonly #moments = new Map<number, Moment<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Infinity if it is empty. */
  get minTime(): number {
    return this.#times.first ?? Number.POSITIVE_INFINITY;
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
    this.#times.add(item.time);
  }

  /** The eldest, which stays. */
  peek(): T | undefined {
    const time = this.#times.first;
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
    this.#times.delete(item.time);
  }

  /** The latest time before another that has items. */
  timeBefore(time: number): number | undefined {
    return this.#times.before(time);
  }

  itemsAt(time: number): Iterable<T> {
    return this.#moments.get(time)?.items ?? [];
  }

  clear(): void {
    this.#times.clear();
    this.#moments.clear();
    this.#size = 0;
  }
}
