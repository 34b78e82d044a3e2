/** The order of keys everywhere: unsigned bytes, a prefix first. */

/** Below zero if `left` comes first, zero if both are the same bytes. */
export function compareKeys(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right);
}
