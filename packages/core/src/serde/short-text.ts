/**
 * Texts of a few bytes, which most keys are: V8 makes one of character codes without leaving JavaScript's own code, while a call into native code costs the same for one byte as for a hundred.
 */

/** Above, the call is cheaper than the codes that are handed over. */
const maxBytes = 16;

/** Character codes of the text that is being made, by its length. Filled by pushing, since V8 hands on arrays faster that never had holes. */
const codesOfLength: readonly number[][] = makeCodes();

function makeCodes(): number[][] {
  const made: number[][] = [];
  for (let length = 0; length <= maxBytes; length++) {
    const codes: number[] = [];
    while (codes.length < length) codes.push(0);
    made.push(codes);
  }
  return made;
}

/** The text of `bytes[start, end)` if they are few and ASCII alone, undefined otherwise. The range is inside the bytes by the caller's promise. */
export function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  return shortText(bytes, start, end, 0x7f);
}

/** The text of `bytes[start, end)` with a character for each byte if they are few, undefined otherwise. */
export function shortLatin1(bytes: Uint8Array, start: number, end: number): string | undefined {
  return shortText(bytes, start, end, 0xff);
}

function shortText(bytes: Uint8Array, start: number, end: number, maxCode: number): string | undefined {
  const codes = codesOfLength[end - start];
  if (codes === undefined) return undefined;
  for (let from = start, to = 0; from < end; from++, to++) {
    // A byte that is not there is undefined, and not at most any code.
    const code = bytes[from] as number;
    if (!(code <= maxCode)) return undefined;
    codes[to] = code;
  }
  return String.fromCharCode(...codes);
}
