/** The simplest thing that behaves as a state engine should: a sorted array. What the engines are compared with. */
import type { EngineRange } from '../engine.ts';

export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** Unsigned byte order; a prefix comes first. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (left[index] as number) - (right[index] as number); // index is below both lengths
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export class EngineModel {
  #entries: readonly Entry[];

  constructor(entries: readonly Entry[] = []) {
    this.#entries = entries;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.find((entry) => compareBytes(entry[0], key) === 0)?.[1];
  }

  put(key: Uint8Array, value: Uint8Array): void {
    const others = this.#entries.filter((entry) => compareBytes(entry[0], key) !== 0);
    this.#entries = [...others, [key, value] as const].sort((left, right) => compareBytes(left[0], right[0]));
  }

  delete(key: Uint8Array): void {
    this.#entries = this.#entries.filter((entry) => compareBytes(entry[0], key) !== 0);
  }

  deleteRange(gte: Uint8Array, lt: Uint8Array): void {
    this.#entries = this.#entries.filter((entry) => compareBytes(entry[0], gte) < 0 || compareBytes(entry[0], lt) >= 0);
  }

  range(range: EngineRange): Entry[] {
    const { gte, lt } = range;
    const rows = this.#entries.filter(
      (entry) => (gte === undefined || compareBytes(entry[0], gte) >= 0) && (lt === undefined || compareBytes(entry[0], lt) < 0),
    );
    return range.reverse === true ? rows.reverse() : rows;
  }

  copy(): EngineModel {
    return new EngineModel(this.#entries);
  }
}
