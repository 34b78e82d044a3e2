/** A cursor over one version of a memory engine. */
import type { EngineIterator, EngineRange } from '../engine.ts';
import { closedError, noEntryError } from '../guard.ts';
import { fromByteString, toByteString } from './byte-strings.ts';
import { type MemoryContent, memoryKind } from './memory-content.ts';
import { TreeCursor } from './tree-cursor.ts';

export class MemoryIterator implements EngineIterator {
  readonly #content: MemoryContent;
  readonly #cursor: TreeCursor;
  #closed = false;
  #onEntry = false;
  /** The entry's bytes, made when they are asked for. */
  #key: Uint8Array | undefined = undefined;
  #value: Uint8Array | undefined = undefined;

  constructor(content: MemoryContent, range: EngineRange) {
    this.#content = content;
    this.#cursor = new TreeCursor(
      content.tree.snapshot(),
      range.gte === undefined ? undefined : toByteString(range.gte),
      range.lt === undefined ? undefined : toByteString(range.lt),
      range.reverse === true,
    );
  }

  next(): boolean {
    this.#content.checkOpen('An iterator');
    if (this.#closed) throw closedError(memoryKind, 'An iterator');
    this.#key = undefined;
    this.#value = undefined;
    this.#onEntry = this.#cursor.next();
    return this.#onEntry;
  }

  get key(): Uint8Array {
    if (!this.#onEntry) throw noEntryError(memoryKind);
    return (this.#key ??= fromByteString(this.#cursor.key));
  }

  get value(): Uint8Array {
    if (!this.#onEntry) throw noEntryError(memoryKind);
    return (this.#value ??= fromByteString(this.#cursor.value));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onEntry = false;
    this.#content.tree.release();
  }
}
