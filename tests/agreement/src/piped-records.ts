/** Where the inputs of a trial lie: some topics have records of the topology's own as well, and only these are compared. */

/** A record's place in a log. */
export interface Place {
  readonly name: string;
  readonly partition: number;
  readonly offset: number;
}

export class PipedRecords {
  readonly #places = new Set<string>();

  add(place: Place): void {
    this.#places.add(keyOf(place));
  }

  /** What the topology wrote of `records`. */
  without<T extends Place>(records: readonly T[]): readonly T[] {
    return records.filter((record) => !this.#places.has(keyOf(record)));
  }
}

function keyOf({ name, offset, partition }: Place): string {
  return `${name} ${partition} ${offset}`;
}
