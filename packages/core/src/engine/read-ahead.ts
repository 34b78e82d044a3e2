/**
 * Loads the rows that the next records will ask for, many in one call of the engine. Which stores are read by the key of an input is learnt, not declared: a store that
 * keeps missing the key of the record in progress is one. Results never depend on it, only the number of calls does.
 */
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { Serde } from '../serde/serde.ts';
import type { Prefetchable } from '../stores/record-context.ts';

/** Records that are looked at in one go. */
const slice = 256;
/** Misses among so many records that begin it … */
const missesToBegin = slice / 8;
/** … and so many slices with fewer loads than that end it. */
const idleSlicesToEnd = 8;

interface Reader {
  readonly store: Prefetchable;
  misses: number;
  active: boolean;
  idleSlices: number;
}

export class ReadAhead {
  readonly #keySerde: Serde<unknown>;
  readonly #readers: Reader[] = [];
  #active = 0;
  #seen = 0;
  /** Decoded keys of the records ahead, and how many of them were used. Undefined: not decoded. */
  #keys: unknown[] = [];
  #used = 0;

  constructor(keySerde: Serde<unknown>) {
    this.#keySerde = keySerde;
  }

  /** True while somebody profits. */
  get active(): boolean {
    return this.#active > 0;
  }

  /** A store did not have the row of the record in progress. */
  missed(store: Prefetchable): void {
    let reader = this.#readers.find((known) => known.store === store);
    if (reader === undefined) this.#readers.push((reader = { store, misses: 0, active: false, idleSlices: 0 }));
    if (reader.active || ++reader.misses < missesToBegin) return;
    reader.active = true;
    reader.idleSlices = 0;
    this.#active++;
  }

  /** A record was processed: misses count among the last few only. */
  processed(): void {
    if (++this.#seen < slice) return;
    this.#seen = 0;
    for (const reader of this.#readers) reader.misses = 0;
  }

  /** The decoded key of the next record, in the order of `load`; undefined if it was not decoded. */
  takeKey(): unknown {
    return this.#used < this.#keys.length ? this.#keys[this.#used++] : undefined;
  }

  get exhausted(): boolean {
    return this.#used >= this.#keys.length;
  }

  /** Forgets the keys: the queue was emptied. */
  clear(): void {
    this.#keys = [];
    this.#used = 0;
  }

  /** Decodes the keys of the next records and loads their rows. `visit` calls back for each record, in order. */
  load(peek: (limit: number, visit: (batch: FetchedRecords, index: number) => void) => void): void {
    const serde = this.#keySerde;
    const keys: unknown[] = [];
    const wanted: unknown[] = [];
    peek(slice, (batch, index) => {
      const start = batch.keyStart(index);
      const end = batch.keyEnd(index);
      // A key that may not decode is left to its turn, when its handler can be asked.
      if (start < 0 || serde.isCanonical?.(batch.buffer, start, end) !== true) {
        keys.push(undefined);
        return;
      }
      const key = serde.decode(batch.buffer, start, end);
      keys.push(key);
      wanted.push(key);
    });
    this.#keys = keys;
    this.#used = 0;
    for (const reader of this.#readers) {
      if (!reader.active) continue;
      const loaded = reader.store.prefetch(wanted);
      reader.idleSlices = loaded < wanted.length / 8 ? reader.idleSlices + 1 : 0;
      if (reader.idleSlices < idleSlicesToEnd) continue;
      reader.active = false;
      reader.misses = 0;
      this.#active--;
    }
  }
}
