/** The memory engine: the contract over a version tree. Synchronous throughout, and gone when it is closed. */
import type { EngineBatch, EngineIterator, EngineRange, StateEngine } from '../engine.ts';
import { fromByteString, toByteString } from './byte-strings.ts';
import { MemoryBatch } from './memory-batch.ts';
import { MemoryContent, memoryKind } from './memory-content.ts';
import { MemoryIterator } from './memory-iterator.ts';

export interface MemoryEngineOptions {
  /** As {@link StateEngine.ephemeral}: the task that uses the engine is its last. Default false, for an engine that is handed from one task to the next. */
  readonly ephemeral?: boolean | undefined;
}

/** An ordered map in memory. It has no limit of its own: what is put stays until it is deleted. */
export class MemoryEngine implements StateEngine {
  readonly kind: string = memoryKind;
  readonly durable: boolean = false;
  readonly ephemeral: boolean;
  readonly synchronous: boolean = true;
  readonly #content = new MemoryContent();

  constructor(options: MemoryEngineOptions = {}) {
    this.ephemeral = options.ephemeral === true;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#content.checkOpen('A read');
    const value = this.#content.tree.get(toByteString(key));
    return value === undefined ? undefined : fromByteString(value);
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.#content.checkOpen('A read');
    return keys.map((key) => this.get(key));
  }

  iterate(range: EngineRange): EngineIterator {
    this.#content.checkOpen('A range read');
    return new MemoryIterator(this.#content, range);
  }

  batch(): EngineBatch {
    this.#content.checkOpen('A batch');
    return new MemoryBatch(this.#content);
  }

  /** `keys`: their number. `contentBytes`: bytes of keys and values, without the tree around them. */
  statistics(): ReadonlyMap<string, number> {
    this.#content.checkOpen('Statistics');
    return new Map([
      ['keys', this.#content.tree.size],
      ['contentBytes', this.#content.contentBytes],
    ]);
  }

  close(): void {
    this.#content.close();
  }
}
