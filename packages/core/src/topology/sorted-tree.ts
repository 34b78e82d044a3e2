/**
 * A sorted set as a red-black tree that grows as Java's `TreeSet` does. Needed where what is compared changes while the set grows: then the order is that of the
 * tree's shape, not of the values, and only the same tree gives it. See `describe.ts`.
 */

class TreeNode<T> {
  readonly value: T;
  left: TreeNode<T> | null = null;
  right: TreeNode<T> | null = null;
  parent: TreeNode<T> | null;
  isRed = true;

  constructor(value: T, parent: TreeNode<T> | null) {
    this.value = value;
    this.parent = parent;
  }
}

export class SortedTree<T> implements Iterable<T> {
  readonly #compare: (a: T, b: T) => number;
  #root: TreeNode<T> | null = null;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  /** Adds a value unless the walk down meets an equal one. */
  add(value: T): void {
    let parent: TreeNode<T> | null = null;
    let isLeft = false;
    for (let at = this.#root; at !== null; at = isLeft ? at.left : at.right) {
      const order = this.#compare(value, at.value);
      if (order === 0) return;
      parent = at;
      isLeft = order < 0;
    }
    const node = new TreeNode(value, parent);
    if (parent === null) this.#root = node;
    else if (isLeft) parent.left = node;
    else parent.right = node;
    this.#balance(node);
  }

  *[Symbol.iterator](): Iterator<T> {
    const path: TreeNode<T>[] = [];
    let at = this.#root;
    while (at !== null || path.length > 0) {
      while (at !== null) {
        path.push(at);
        at = at.left;
      }
      const node = path.pop() as TreeNode<T>;
      yield node.value;
      at = node.right;
    }
  }

  /** Restores the colours above a new red node. */
  #balance(added: TreeNode<T>): void {
    let node = added;
    for (;;) {
      const parent = node.parent;
      const grandparent = parent?.parent ?? null;
      if (parent === null || grandparent === null || !parent.isRed) break;
      const parentIsLeft = parent === grandparent.left;
      const uncle = parentIsLeft ? grandparent.right : grandparent.left;
      if (uncle?.isRed === true) {
        parent.isRed = false;
        uncle.isRed = false;
        grandparent.isRed = true;
        node = grandparent;
        continue;
      }
      let top = parent;
      if ((node === parent.left) !== parentIsLeft) {
        this.#rotate(parent, parentIsLeft);
        top = node;
      }
      top.isRed = false;
      grandparent.isRed = true;
      this.#rotate(grandparent, !parentIsLeft);
      break;
    }
    if (this.#root !== null) this.#root.isRed = false;
  }

  /** Turns `node` down to the left (its right child comes up), or to the right. */
  #rotate(node: TreeNode<T>, toLeft: boolean): void {
    const up = (toLeft ? node.right : node.left) as TreeNode<T>;
    const inner = toLeft ? up.left : up.right;
    if (toLeft) node.right = inner;
    else node.left = inner;
    if (inner !== null) inner.parent = node;
    up.parent = node.parent;
    if (node.parent === null) this.#root = up;
    else if (node.parent.left === node) node.parent.left = up;
    else node.parent.right = up;
    if (toLeft) up.left = node;
    else up.right = node;
    node.parent = up;
  }
}
