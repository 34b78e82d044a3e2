/**
 * The numbers of Java's `SplittableRandom`, so that a benchmark in Java and this one read the same records. SplitMix64: a counter that grows by the golden ratio, and a
 * mixing function over it. 64 bits are two halves here: inputs have millions of random letters, and BigInt would take longer than the benchmark.
 */

/** A 64-bit number under way: `high` and `low` are unsigned 32-bit halves. */
let high = 0;
let low = 0;

/** Multiplies the number by a constant, modulo 2^64. */
function multiply(byHigh: number, byLow: number): void {
  const lowProduct = multiplyHigh(low, byLow);
  high = (lowProduct + Math.imul(high, byLow) + Math.imul(low, byHigh)) >>> 0;
  low = Math.imul(low, byLow) >>> 0;
}

/** The upper half of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 0x1_0000);
  const carried = (middle % 0x1_0000) + aLow * bHigh;
  return aHigh * bHigh + Math.floor(middle / 0x1_0000) + Math.floor(carried / 0x1_0000);
}

/** `z ^= z >>> bits`, for fewer than 32 bits or 33. */
function foldDown(bits: number): void {
  if (bits > 32) {
    low = (low ^ (high >>> (bits - 32))) >>> 0;
    return;
  }
  const shifted = ((low >>> bits) | (high << (32 - bits))) >>> 0;
  low = (low ^ shifted) >>> 0;
  high = (high ^ (high >>> bits)) >>> 0;
}

export class SplittableRandom {
  #high = 0;
  #low: number;

  /** `seed` is a non-negative integer of 32 bits. */
  constructor(seed: number) {
    this.#low = seed;
  }

  /** 0 up to, not including, `bound`. */
  nextInt(bound: number): number {
    const isPowerOfTwo = (bound & (bound - 1)) === 0;
    if (isPowerOfTwo) return this.#int32() & (bound - 1);
    for (;;) {
      const bits = this.#int32() >>> 1;
      const result = bits % bound;
      // The last, incomplete run of remainders would favour the small ones.
      if (bits - result + (bound - 1) < 0x8000_0000) return result;
    }
  }

  /** 0 up to, not including, 1; of 53 bits. */
  nextDouble(): number {
    this.#next();
    foldDown(30);
    multiply(0xbf58476d, 0x1ce4e5b9);
    foldDown(27);
    multiply(0x94d049bb, 0x133111eb);
    foldDown(31);
    return (high * 0x20_0000 + (low >>> 11)) / 2 ** 53;
  }

  #int32(): number {
    this.#next();
    foldDown(33);
    multiply(0x62a9d9ed, 0x799705f5);
    foldDown(28);
    multiply(0xcb24d0a5, 0xc88c35b3);
    return high | 0;
  }

  #next(): void {
    const sum = this.#low + 0x7f4a7c15;
    this.#low = sum >>> 0;
    this.#high = (this.#high + 0x9e3779b9 + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
    high = this.#high;
    low = this.#low;
  }
}
