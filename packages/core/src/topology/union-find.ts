/** Groups of names that belong together: nodes joined by edges and shared stores form a sub-topology. */
export class UnionFind {
  readonly #parents = new Map<string, string>();

  add(name: string): void {
    this.#parents.set(name, name);
  }

  /** The name that stands for the group of `name`, which was added before. */
  root(name: string): string {
    let current = name;
    for (;;) {
      const parent = this.#parents.get(current) ?? current;
      if (parent === current) return current;
      this.#parents.set(current, this.#parents.get(parent) ?? parent);
      current = parent;
    }
  }

  unite(a: string, b: string): void {
    const rootA = this.root(a);
    const rootB = this.root(b);
    if (rootA !== rootB) this.#parents.set(rootA, rootB);
  }
}
