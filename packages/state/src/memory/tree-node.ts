/** A node of the version tree: leaf and branch in one class, so that the walk down stays monomorphic. */

export class TreeNode {
  /** The snapshot epoch in which the node was made; see VersionTree. */
  readonly epoch: number;
  /** Leaf: the keys. Branch: the smallest key below each child but the first. */
  readonly keys: string[];
  /** Leaf: the values. Branch: empty. */
  readonly values: string[];
  readonly children: TreeNode[] | undefined;

  constructor(epoch: number, keys: string[], values: string[], children: TreeNode[] | undefined) {
    this.epoch = epoch;
    this.keys = keys;
    this.values = values;
    this.children = children;
  }

  /** Entries of a leaf, children of a branch. */
  get count(): number {
    return this.children === undefined ? this.keys.length : this.children.length;
  }

  copy(epoch: number): TreeNode {
    return new TreeNode(epoch, this.keys.slice(), this.values.slice(), this.children?.slice());
  }

  /** Leaf: the key's index, or the complement of where it would go. */
  find(key: string): number {
    const index = this.lowerBound(key);
    return index < this.keys.length && this.keys[index] === key ? index : ~index;
  }

  /** Branch: the child under which the key lies or would lie. */
  childIndex(key: string): number {
    const keys = this.keys;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as string) <= key) low = middle + 1; // middle < keys.length
      else high = middle;
    }
    return low;
  }

  childFor(key: string): TreeNode {
    return (this.children as TreeNode[])[this.childIndex(key)] as TreeNode; // called on branches, which have a child more than keys
  }

  /** Index of the first key that is not below `key`. */
  lowerBound(key: string): number {
    const keys = this.keys;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as string) < key) low = middle + 1; // middle < keys.length
      else high = middle;
    }
    return low;
  }
}
