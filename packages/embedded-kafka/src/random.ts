/** Randomness as a port: uniform in [0, 1). Everything that the cluster draws comes from one such source, so that a seed repeats a run. */
import { webcrypto } from 'node:crypto';

export type Random = () => number;

/** Small fast counter generator (sfc32): the same seed gives the same numbers everywhere. */
export function seededRandom(seed: number): Random {
  let a = seed | 0;
  let b = Math.floor(seed / 4294967296) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4294967296;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** A seed that nobody can repeat, for clusters that need not. */
export function anySeed(): number {
  const words = webcrypto.getRandomValues(new Uint32Array(2));
  return ((words[0] ?? 0) & 0x1fffff) * 4294967296 + (words[1] ?? 0);
}

function randomBytes(random: Random, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count);
  for (let at = 0; at < count; at++) bytes[at] = Math.floor(random() * 256);
  return bytes;
}

/** A random uuid in the base64url text that Kafka uses for topic and cluster ids. Never begins with a dash, as Kafka's own do not. */
export function randomKafkaUuid(random: Random): string {
  for (;;) {
    const bytes = randomUuidBytes(random);
    const text = bytes.toString('base64url');
    if (!text.startsWith('-')) return text;
  }
}

/** A random uuid in the usual text with dashes, as in member ids. */
export function randomUuid(random: Random): string {
  const hex = randomUuidBytes(random).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function randomUuidBytes(random: Random): Buffer {
  const bytes = randomBytes(random, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}
