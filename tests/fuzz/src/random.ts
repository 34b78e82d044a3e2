/** The generator's only source of chance: seeded, so that a seed and a number name a case for good. */

/** A 32-bit generator (the mixing steps of MurmurHash3's finaliser over a counter): plenty for choosing, and the same on every machine. */
export class Random {
  #state: number;

  constructor(seed: number, stream: number) {
    this.#state = mix(mix(seed >>> 0) ^ Math.imul(stream + 1, 0x9e3779b1));
  }

  /** From 0 inclusive to 1 exclusive. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    return mix(this.#state) / 0x1_0000_0000;
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws RangeError of an empty list: there is nothing to pick */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Nothing to pick from.');
    // The index is below the length.
    return items[Math.floor(this.next() * items.length)] as T;
  }

  /** One of several things, each as often as its weight says. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let at = this.next() * items.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, item] of items) if ((at -= weight) < 0) return item;
    const last = items.at(-1);
    if (last === undefined) throw new RangeError('Nothing to pick from.');
    return last[1];
  }
}

function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
