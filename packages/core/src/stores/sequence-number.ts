/** Numbers that tell rows of one key and time apart, as Kafka Streams counts them: 31 bits, and from the start again. */

const last = 0x7fff_ffff;
const half = 0x4000_0000;

export function nextNumber(number: number): number {
  return (number + 1) & last;
}

/**
 * The later of two numbers, for who restores and must not give a number again: deletions bring back earlier ones, and Kafka Streams begins anew whenever it starts. What lies
 * more than half a round behind was counted after the round's end. 0 is before all: none was given.
 */
export function laterNumber(one: number, other: number): number {
  return one === 0 || ((other - one) & last) < half ? other : one;
}
