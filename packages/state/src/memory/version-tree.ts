/**
 * An ordered map of strings with snapshots: a B+tree whose nodes are changed in place while nobody looks and copied, once each, while
 * somebody does.
 *
 * Each snapshot starts a new epoch. A node of an older epoch may be reachable from a snapshot, so a writer copies it first, which gives it the
 * current epoch; with no snapshot open every node is the writer's. A `Map` beside a sorted index was measured too (README): it is faster at point
 * reads only, stops at 2^24 entries, and has to sort or copy whenever reads of ranges and writes alternate.
 */
import { TreeCursor } from './tree-cursor.ts';
import { TreeNode } from './tree-node.ts';

/** Entries of a leaf, children of a branch: at most. Measured: 32 to 128 differ by less than 10 %. */
const maxEntries = 64;
/** A node with fewer entries looks for a neighbour to merge with. */
const minEntries = maxEntries / 4;
/** Two nodes merge only if the result leaves room, so that insert and delete in turn do not split and merge in turn. */
const maxMerged = (maxEntries * 3) / 4;

export class VersionTree {
  #root = new TreeNode(0, [], [], undefined);
  #epoch = 0;
  #snapshots = 0;
  #size = 0;
  /** Left by an insert for its caller: the smallest key of the node split off, and the value that was replaced. */
  #splitKey = '';
  #replaced: string | undefined = undefined;

  get size(): number {
    return this.#size;
  }

  get(key: string): string | undefined {
    let node = this.#root;
    while (node.children !== undefined) node = node.childFor(key);
    const index = node.find(key);
    return index >= 0 ? node.values[index] : undefined;
  }

  /** Returns the value that was there, `undefined` if there was none. */
  set(key: string, value: string): string | undefined {
    const root = (this.#root = this.#owned(this.#root));
    this.#replaced = undefined;
    const right = this.#insert(root, key, value, true);
    if (right !== undefined) this.#root = new TreeNode(this.#epoch, [this.#splitKey], [], [root, right]);
    return this.#replaced;
  }

  /** Returns the value that was there, `undefined` if there was none. */
  delete(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    this.#root = this.#owned(this.#root);
    this.#remove(this.#root, key);
    this.#size -= 1;
    while (this.#root.children !== undefined && this.#root.children.length <= 1) {
      this.#root = this.#root.children[0] ?? new TreeNode(this.#epoch, [], [], undefined);
    }
    return value;
  }

  /** The tree as it is now; later writes do not show in it. Call `release` once for each. */
  snapshot(): TreeNode {
    this.#epoch += 1;
    this.#snapshots += 1;
    return this.#root;
  }

  release(): void {
    this.#snapshots -= 1;
  }

  /** Deletes `gte <= key < lt`; `each` is told what was deleted. */
  deleteRange(gte: string, lt: string, each: (key: string, value: string) => void): void {
    const keys: string[] = [];
    const cursor = new TreeCursor(this.#root, gte, lt, false);
    while (cursor.next()) keys.push(cursor.key);
    for (const key of keys) each(key, this.delete(key) as string); // the cursor has just found it
  }

  clear(): void {
    this.#root = new TreeNode(this.#epoch, [], [], undefined);
    this.#size = 0;
  }

  #owned(node: TreeNode): TreeNode {
    return node.epoch === this.#epoch || this.#snapshots === 0 ? node : node.copy(this.#epoch);
  }

  #ownedChild(children: TreeNode[], index: number): TreeNode {
    const child = children[index] as TreeNode; // index comes from a search of this very node
    const owned = this.#owned(child);
    if (owned !== child) children[index] = owned;
    return owned;
  }

  /** `node` is owned. Returns the right half if the node had to split; then `#splitKey` is its smallest key. */
  #insert(node: TreeNode, key: string, value: string, last: boolean): TreeNode | undefined {
    const children = node.children;
    if (children === undefined) return this.#insertIntoLeaf(node, key, value, last);
    const index = node.childIndex(key);
    const right = this.#insert(this.#ownedChild(children, index), key, value, last && index === children.length - 1);
    if (right === undefined) return undefined;
    node.keys.splice(index, 0, this.#splitKey);
    children.splice(index + 1, 0, right);
    if (children.length <= maxEntries) return undefined;
    const middle = last ? maxEntries - 1 : children.length >>> 1;
    const rightKeys = node.keys.splice(middle);
    this.#splitKey = node.keys.pop() as string; // the separator between the halves moves up
    return new TreeNode(this.#epoch, rightKeys, [], children.splice(middle));
  }

  #insertIntoLeaf(leaf: TreeNode, key: string, value: string, last: boolean): TreeNode | undefined {
    const found = leaf.find(key);
    if (found >= 0) {
      this.#replaced = leaf.values[found];
      leaf.values[found] = value;
      return undefined;
    }
    this.#size += 1;
    const index = ~found;
    if (leaf.keys.length < maxEntries) {
      leaf.keys.splice(index, 0, key);
      leaf.values.splice(index, 0, value);
      return undefined;
    }
    // Keys that arrive in order fill their leaves instead of leaving each half empty.
    const middle = last && index === leaf.keys.length ? index : leaf.keys.length >>> 1;
    const right = new TreeNode(this.#epoch, leaf.keys.splice(middle), leaf.values.splice(middle), undefined);
    const target = index > middle || right.keys.length === 0 ? right : leaf;
    const at = target === leaf ? index : index - middle;
    target.keys.splice(at, 0, key);
    target.values.splice(at, 0, value);
    this.#splitKey = right.keys[0] as string; // the right half is never empty
    return right;
  }

  /** `node` is owned and holds the key. */
  #remove(node: TreeNode, key: string): void {
    const children = node.children;
    if (children === undefined) {
      const index = node.find(key);
      node.keys.splice(index, 1);
      node.values.splice(index, 1);
      return;
    }
    const index = node.childIndex(key);
    const child = this.#ownedChild(children, index);
    this.#remove(child, key);
    if (child.count >= minEntries) return;
    if (child.count === 0) {
      children.splice(index, 1);
      // Without its first child a node starts one separator later.
      node.keys.splice(Math.max(0, index - 1), 1);
      return;
    }
    const left = index > 0 ? index - 1 : index;
    this.#mergeIfSmall(node, children, left);
  }

  #mergeIfSmall(parent: TreeNode, children: TreeNode[], left: number): void {
    const right = children[left + 1];
    if (right === undefined || (children[left] as TreeNode).count + right.count > maxMerged) return;
    const into = this.#ownedChild(children, left);
    if (into.children !== undefined && right.children !== undefined) {
      into.keys.push(parent.keys[left] as string, ...right.keys); // one separator lies between two children
      into.children.push(...right.children);
    } else {
      into.keys.push(...right.keys);
      into.values.push(...right.values);
    }
    children.splice(left + 1, 1);
    parent.keys.splice(left, 1);
  }
}
