/** A cursor over a RocksDB snapshot, read in chunks that grow: most ranges are short, some are the whole database. */
import { compareKeys } from '../compare-keys.ts';
import type { EngineIterator, EngineRange } from '../engine.ts';
import { closedError, noEntryError } from '../guard.ts';
import type { RocksIterator, RocksRange, RocksRows } from './binding.ts';
import { type RocksDbHandle, rocksDbKind } from './rocksdb-handle.ts';

const firstChunkRows = 16;
const largestChunkRows = 1024;
const largestChunkBytes = 256 * 1024;

export class RocksDbIterator implements EngineIterator {
  readonly #handle: RocksDbHandle;
  #native: RocksIterator | undefined = undefined;
  #rows: RocksRows['rows'] = [];
  #finished = false;
  #chunkRows = firstChunkRows;
  /** Index of the current key in `#rows`; the value follows it. */
  #index = -2;
  #closed = false;

  constructor(handle: RocksDbHandle, range: EngineRange) {
    handle.checkOpen('A range read');
    this.#handle = handle;
    const native = nativeRange(range);
    // The native iterator is opened at once: it is the snapshot.
    if (native === undefined) this.#finished = true;
    else this.#native = handle.openIterator(native);
    handle.attach(this);
  }

  next(): boolean {
    if (this.#closed) throw closedError(rocksDbKind, 'An iterator');
    this.#index += 2;
    if (this.#index < this.#rows.length) return true;
    if (this.#finished || this.#native === undefined) {
      this.#index = this.#rows.length;
      return false;
    }
    let chunk: RocksRows;
    try {
      chunk = this.#native._nextvSync(this.#chunkRows);
    } catch (error) {
      throw this.#handle.failureOf(error, 'go on with a range read of a RocksDB database');
    }
    this.#rows = chunk.rows;
    this.#finished = chunk.finished;
    this.#chunkRows = Math.min(this.#chunkRows * 4, largestChunkRows);
    this.#index = 0;
    return chunk.rows.length > 0;
  }

  get key(): Uint8Array {
    return this.#rows[this.#index] ?? this.#noEntry();
  }

  get value(): Uint8Array {
    return this.#rows[this.#index + 1] ?? this.#noEntry();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rows = [];
    this.#handle.detach(this);
    if (this.#native !== undefined) this.#handle.closeIterator(this.#native);
    this.#native = undefined;
  }

  #noEntry(): never {
    throw noEntryError(rocksDbKind);
  }
}

/** `undefined` if nothing can lie in the range: RocksDB does not define bounds that are upside down. */
function nativeRange(range: EngineRange): RocksRange | undefined {
  const { gte, lt } = range;
  if (lt !== undefined && (lt.length === 0 || (gte !== undefined && compareKeys(gte, lt) >= 0))) return undefined;
  return {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    reverse: range.reverse === true,
    highWaterMarkBytes: largestChunkBytes,
    ...(gte === undefined || gte.length === 0 ? {} : { gte }),
    ...(lt === undefined ? {} : { lt }),
  };
}
