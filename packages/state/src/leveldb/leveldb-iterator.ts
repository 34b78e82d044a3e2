/** A cursor over a LevelDB snapshot, read through the range worker in chunks that grow: most ranges are short, some are the whole database. */
import { compareKeys } from '../compare-keys.ts';
import type { EngineIterator, EngineRange } from '../engine.ts';
import { closedError, noEntryError } from '../guard.ts';
import { type LevelDbHandle, levelDbKind } from './leveldb-handle.ts';
import type { RangeChunk } from './range-client.ts';
import { rowHeaderBytes } from './range-protocol.ts';

const firstChunkRows = 8;
const largestChunkRows = 4096;

const noRows: RangeChunk = { bytes: new Uint8Array(0), rows: 0, finished: true };

export class LevelDbIterator implements EngineIterator {
  readonly #handle: LevelDbHandle;
  /** `undefined` if nothing can lie in the range. */
  readonly #iterator: number | undefined;
  #chunk: RangeChunk;
  #view: DataView;
  /** Of the current row in the chunk; -1: none. */
  #at = -1;
  /** Of the row after it. */
  #nextAt = 0;
  #rowsLeft: number;
  #chunkRows = firstChunkRows;
  #closed = false;
  #key: Uint8Array | undefined = undefined;
  #value: Uint8Array | undefined = undefined;

  constructor(handle: LevelDbHandle, range: EngineRange) {
    handle.checkOpen('A range read');
    this.#handle = handle;
    const { gte, lt } = range;
    if (lt !== undefined && (lt.length === 0 || (gte !== undefined && compareKeys(gte, lt) >= 0))) {
      this.#iterator = undefined;
      this.#chunk = noRows;
    } else {
      const lower = gte === undefined || gte.length === 0 ? undefined : gte;
      const opened = handle.openIterator({ gte: lower, lt, reverse: range.reverse }, firstChunkRows);
      this.#iterator = opened.iterator;
      this.#chunk = opened.chunk;
    }
    this.#view = viewOf(this.#chunk.bytes);
    this.#rowsLeft = this.#chunk.rows;
    handle.attach(this);
  }

  next(): boolean {
    if (this.#closed) throw closedError(levelDbKind, 'An iterator');
    this.#key = undefined;
    this.#value = undefined;
    if (this.#rowsLeft === 0 && !this.#readChunk()) {
      this.#at = -1;
      return false;
    }
    this.#at = this.#nextAt;
    this.#nextAt = this.#at + rowHeaderBytes + this.#keyLength + this.#valueLength;
    this.#rowsLeft -= 1;
    return true;
  }

  get key(): Uint8Array {
    if (this.#at < 0) throw noEntryError(levelDbKind);
    const start = this.#at + rowHeaderBytes;
    // Copied: a key that is kept must not keep the chunk.
    return (this.#key ??= this.#chunk.bytes.slice(start, start + this.#keyLength));
  }

  get value(): Uint8Array {
    if (this.#at < 0) throw noEntryError(levelDbKind);
    const start = this.#at + rowHeaderBytes + this.#keyLength;
    return (this.#value ??= this.#chunk.bytes.slice(start, start + this.#valueLength));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#at = -1;
    this.#handle.detach(this);
    if (this.#iterator !== undefined && !this.#chunk.finished) this.#handle.closeIterator(this.#iterator);
    this.#chunk = noRows;
  }

  get #keyLength(): number {
    return this.#view.getUint32(this.#at, true);
  }

  get #valueLength(): number {
    return this.#view.getUint32(this.#at + 4, true);
  }

  #readChunk(): boolean {
    if (this.#chunk.finished || this.#iterator === undefined) return false;
    this.#chunkRows = Math.min(this.#chunkRows * 8, largestChunkRows);
    this.#chunk = this.#handle.nextChunk(this.#iterator, this.#chunkRows);
    this.#view = viewOf(this.#chunk.bytes);
    this.#nextAt = 0;
    this.#rowsLeft = this.#chunk.rows;
    return this.#rowsLeft > 0;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
