/** Walks the entries of a version tree in order, either way, between bounds. The nodes must not change meanwhile: take a snapshot. */
import type { TreeNode } from './tree-node.ts';

export class TreeCursor {
  /** Branches from the root to the leaf, and which child was taken at each. */
  readonly #branches: TreeNode[] = [];
  readonly #taken: number[] = [];
  #leaf: TreeNode;
  #index: number;
  readonly #step: 1 | -1;
  readonly #gte: string | undefined;
  readonly #lt: string | undefined;

  constructor(root: TreeNode, gte: string | undefined, lt: string | undefined, reverse: boolean) {
    this.#step = reverse ? -1 : 1;
    this.#gte = gte;
    this.#lt = lt;
    this.#leaf = root;
    this.#index = -1;
    const start = reverse ? lt : gte;
    let node = root;
    while (node.children !== undefined) {
      const index = start === undefined ? (reverse ? node.children.length - 1 : 0) : node.childIndex(start);
      this.#branches.push(node);
      this.#taken.push(index);
      node = node.children[index] as TreeNode; // childIndex is at most the number of separators
    }
    this.#leaf = node;
    // One step before the first entry of the range.
    if (start === undefined) this.#index = reverse ? node.keys.length : -1;
    else this.#index = reverse ? node.lowerBound(start) : node.lowerBound(start) - 1;
  }

  get key(): string {
    return this.#leaf.keys[this.#index] as string; // next() returned true
  }

  get value(): string {
    return this.#leaf.values[this.#index] as string; // next() returned true
  }

  next(): boolean {
    this.#index += this.#step;
    while (this.#index < 0 || this.#index >= this.#leaf.keys.length) {
      if (!this.#nextLeaf()) return false;
    }
    const key = this.#leaf.keys[this.#index] as string; // the loop above ended inside the leaf
    return this.#step === 1 ? this.#lt === undefined || key < this.#lt : this.#gte === undefined || key >= this.#gte;
  }

  #nextLeaf(): boolean {
    let level = this.#branches.length - 1;
    while (level >= 0) {
      const children = (this.#branches[level] as TreeNode).children as TreeNode[]; // only branches are on the stack
      const index = (this.#taken[level] as number) + this.#step;
      const child = children[index];
      if (child !== undefined) {
        this.#taken[level] = index;
        this.#descend(child, level + 1);
        return true;
      }
      level -= 1;
    }
    return false;
  }

  #descend(from: TreeNode, fromLevel: number): void {
    let node = from;
    for (let level = fromLevel; node.children !== undefined; level += 1) {
      const index = this.#step === 1 ? 0 : node.children.length - 1;
      this.#branches[level] = node;
      this.#taken[level] = index;
      node = node.children[index] as TreeNode; // branches have children
    }
    this.#leaf = node;
    this.#index = this.#step === 1 ? 0 : node.keys.length - 1;
  }
}
