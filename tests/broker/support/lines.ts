/** Text for tests on a real cluster: made from a seed, with few frequent and many rare words, as a language has them. */

/** A small generator of pseudo-random numbers below 1 (mulberry32), so that a test says the same on every machine. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export function makeLines(seed: number, count: number, wordsPerLine = 8, vocabulary = 3000): readonly string[] {
  const next = random(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: wordsPerLine }, () => `w${Math.floor(next() ** 3 * vocabulary)}`).join(' '),
  );
}
