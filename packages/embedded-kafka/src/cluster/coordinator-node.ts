/** Which node coordinates a group: as in Kafka, a hash of its id picks one of 50 partitions, whose leader it is. */

const offsetsPartitions = 50;

/** @param all ids of all brokers, ascending; @param up those that are up */
export function coordinatorOf(groupId: string, all: readonly number[], up: readonly number[]): number {
  const partition = (javaHash(groupId) & 0x7fffffff) % offsetsPartitions;
  for (let step = 0; step < all.length; step++) {
    const node = all[(partition + step) % all.length];
    if (node !== undefined && up.includes(node)) return node;
  }
  return -1;
}

/** `String.hashCode` of Java. */
function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}
