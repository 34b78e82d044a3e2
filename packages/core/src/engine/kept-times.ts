/**
 * Times that operators keep over a restart: up to where they have emitted closed windows, which Kafka Streams keeps too, and their stream times (design §5). They are committed
 * with the offsets, and with the engine's batch. Kafka Streams: `ProcessorMetadata`.
 */

/** Brokers take 4096 bytes of metadata an offset, in Base64; so much of it is for times. */
const maxMetadataBytes = 2_800;
/** Beside a name, an entry has a length and a time. */
const entryBytes = 12;

export class KeptTimes {
  /** What was read, also for names that nobody here asks about: a later version may. */
  readonly #known = new Map<string, bigint>();
  readonly #current = new Map<string, () => number>();

  /** A time that was committed. */
  learn(name: string, time: bigint): void {
    const known = this.#known.get(name);
    if (known === undefined || known < time) this.#known.set(name, time);
  }

  /** Asks `current` at every commit from now on. Returns the time that was committed last, -1 if none was. */
  keep(name: string, current: () => number): number {
    this.#current.set(name, current);
    const known = this.#known.get(name);
    return known === undefined ? -1 : Number(known);
  }

  /** All times as they are now. */
  snapshot(): ReadonlyMap<string, bigint> {
    for (const [name, current] of this.#current) {
      const time = current();
      if (time >= 0) this.#known.set(name, BigInt(time));
    }
    return this.#known;
  }

  /** Forgets what is not committed, with those who would say it. */
  clear(): void {
    this.#known.clear();
    this.#current.clear();
  }
}

/** The times that go into the metadata of an offset: all if they fit; else those that Kafka Streams keeps go first, the others are in the engine's batch only. */
export function timesForMetadata(times: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> {
  let left = maxMetadataBytes;
  for (const name of times.keys()) left -= entryBytes + Buffer.byteLength(name);
  if (left >= 0) return times;
  const chosen = new Map<string, bigint>();
  left = maxMetadataBytes;
  for (const ours of [false, true]) {
    for (const [name, time] of times) {
      // Names of stores have no slash, those of our own do.
      if (name.includes('/') !== ours) continue;
      const bytes = entryBytes + Buffer.byteLength(name);
      if (bytes > left) continue;
      left -= bytes;
      chosen.set(name, time);
    }
  }
  return chosen;
}
