/** Which of those that are gone are likely to be those that are new, under another name: generated names are numbered, so that an operator before them moves them all. */

export interface Renames {
  /** New names by old ones. */
  readonly pairs: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** `likeness`: equal for two that may be one; in the order of the names that are left, the first goes with the first. */
export function findRenames(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Renames {
  const removed = [...before.keys()].filter((name) => !after.has(name));
  const added = [...after.keys()].filter((name) => !before.has(name));
  const pairs = new Map<string, string>();
  const free = new Set(added);
  for (const name of removed) {
    const match = [...free].find((candidate) => after.get(candidate) === before.get(name));
    if (match === undefined) continue;
    pairs.set(name, match);
    free.delete(match);
  }
  return { pairs, removed: removed.filter((name) => !pairs.has(name)), added: [...free] };
}

const number = /[0-9]{10}/g;

/** The name without the numbers that were generated into it. */
export function withoutNumbers(name: string): string {
  return name.replaceAll(number, '#');
}

export function isGenerated(name: string): boolean {
  return withoutNumbers(name) !== name;
}
