/** Text that UTF-8 can hold. JavaScript's text may have surrogates without their other half, which no encoding carries. */

/** Lone surrogates become `?`, as Java's encoder writes them, so that the bytes on topics are the same. */
export function wellFormed(text: string): string {
  // In Node 20, not yet in the ES2023 library types.
  if ((text as unknown as { isWellFormed(): boolean }).isWellFormed()) return text;
  return text.replace(/\p{Surrogate}/gu, '?');
}
