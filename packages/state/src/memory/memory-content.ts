/** What a memory engine, its iterators and its batches share: the tree, and whether it is still open. */
import { closedError } from '../guard.ts';
import { VersionTree } from './version-tree.ts';

export const memoryKind = 'memory';

export class MemoryContent {
  readonly tree: VersionTree = new VersionTree();
  /** Bytes of all keys and values. */
  contentBytes = 0;
  open = true;

  checkOpen(what: string): void {
    if (!this.open) throw closedError(memoryKind, what);
  }

  put(key: string, value: string): void {
    const before = this.tree.set(key, value);
    this.contentBytes += before === undefined ? key.length + value.length : value.length - before.length;
  }

  delete(key: string): void {
    const before = this.tree.delete(key);
    if (before !== undefined) this.contentBytes -= key.length + before.length;
  }

  deleteRange(gte: string, lt: string): void {
    this.tree.deleteRange(gte, lt, (key, value) => {
      this.contentBytes -= key.length + value.length;
    });
  }

  close(): void {
    this.open = false;
    this.tree.clear();
    this.contentBytes = 0;
  }
}
