/**
 * Murmur3 for 64-bit machines, 128 bits, as Kafka Streams hashes the left value of a foreign-key join: the hash is in subscriptions and responses, so it must be theirs
 * to the bit. 64-bit numbers are two 32-bit halves here: `bigint` costs ten times as much. Kafka Streams: `Murmur3.hash128`.
 */

/** Bytes of a hash. */
export const hashBytes = 16;

const seed = 104_729;
const c1High = 0x87c3_7b91 | 0;
const c1Low = 0x1142_53d5 | 0;
const c2High = 0x4cf5_ad43 | 0;
const c2Low = 0x2745_937f | 0;

/** High half of what `multiply`, `rotate` and `add` computed last; they return the low half. Nothing suspends in between. */
let high = 0;

function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  const a0 = aLow & 0xffff;
  const a1 = aLow >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  const p01 = a0 * b1;
  const p10 = a1 * b0;
  const middle = ((a0 * b0) >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
  const carried = a1 * b1 + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16);
  high = (carried + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0;
  return Math.imul(aLow, bLow);
}

function add(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  const low = (aLow >>> 0) + (bLow >>> 0);
  high = (aHigh + bHigh + (low > 0xffff_ffff ? 1 : 0)) | 0;
  return low | 0;
}

/** To the left, by 1 to 31 bits. */
function rotate(aHigh: number, aLow: number, bits: number): number {
  high = (aHigh << bits) | (aLow >>> (32 - bits));
  return (aLow << bits) | (aHigh >>> (32 - bits));
}

/** The last scrambling of one half of the hash. */
function finish(inHigh: number, inLow: number): number {
  let low = inLow ^ (inHigh >>> 1);
  low = multiply(inHigh, low, 0xff51_afd7 | 0, 0xed55_8ccd | 0);
  low ^= high >>> 1;
  low = multiply(high, low, 0xc4ce_b9fe | 0, 0x1a85_ec53 | 0);
  return low ^ (high >>> 1);
}

/** Four bytes, little endian, as far as they are there. */
function word(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = Math.min(4, end - at) - 1; i >= 0; i--) value = (value << 8) | (bytes[at + i] as number);
  return value;
}

/** Four bytes, big endian. */
function putWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** The hash computed last. */
const result = new Uint8Array(hashBytes);

/** The hash of `bytes[0, length)`, both halves big endian as Java writes them; good until the next one is computed. */
export function murmur3(bytes: Uint8Array, length: number): Uint8Array {
  let h1High = 0;
  let h1Low = seed;
  let h2High = 0;
  let h2Low = seed;
  for (let at = 0; at < length; at += 16) {
    const isWhole = length - at >= 16;
    // What is missing at the end counts as nothing: zero times anything stays zero, so short words need no case of their own.
    let low = multiply(word(bytes, at + 4, length), word(bytes, at, length), c1High, c1Low);
    low = rotate(high, low, 31);
    low = multiply(high, low, c2High, c2Low);
    h1High ^= high;
    h1Low ^= low;
    if (isWhole) {
      h1Low = rotate(h1High, h1Low, 27);
      h1Low = add(high, h1Low, h2High, h2Low);
      h1Low = multiply(high, h1Low, 0, 5);
      h1Low = add(high, h1Low, 0, 0x52dc_e729);
      h1High = high;
    }
    low = multiply(word(bytes, at + 12, length), word(bytes, at + 8, length), c2High, c2Low);
    // By 33: the halves change places.
    low = rotate(low, high, 1);
    low = multiply(high, low, c1High, c1Low);
    h2High ^= high;
    h2Low ^= low;
    if (isWhole) {
      h2Low = rotate(h2High, h2Low, 31);
      h2Low = add(high, h2Low, h1High, h1Low);
      h2Low = multiply(high, h2Low, 0, 5);
      h2Low = add(high, h2Low, 0, 0x3849_5ab5);
      h2High = high;
    }
  }
  h1Low ^= length;
  h2Low ^= length;
  h1Low = add(h1High, h1Low, h2High, h2Low);
  h1High = high;
  h2Low = add(h2High, h2Low, h1High, h1Low);
  h2High = high;
  h1Low = finish(h1High, h1Low);
  h1High = high;
  h2Low = finish(h2High, h2Low);
  h2High = high;
  h1Low = add(h1High, h1Low, h2High, h2Low);
  h1High = high;
  h2Low = add(h2High, h2Low, h1High, h1Low);
  h2High = high;
  const hash = result;
  putWord(hash, 0, h1High);
  putWord(hash, 4, h1Low);
  putWord(hash, 8, h2High);
  putWord(hash, 12, h2Low);
  return hash;
}
