/** Seeded randomness for conformance suites: the same seed, the same run, without a dependency. */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number, `0 <= n < limit`. */
  below(limit: number): number {
    // A 32-bit mixer over a Weyl sequence: good enough to shake an engine, and the same everywhere.
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** Bytes drawn from `alphabet`, between `least` and `most` of them. */
  bytes(alphabet: readonly number[], least: number, most: number): Uint8Array {
    const length = least + this.below(most - least + 1);
    return Uint8Array.from({ length }, () => alphabet[this.below(alphabet.length)] as number); // the index is below the length
  }
}
