import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TreeCursor } from '../../src/memory/tree-cursor.ts';
import type { TreeNode } from '../../src/memory/tree-node.ts';
import { VersionTree } from '../../src/memory/version-tree.ts';

const entriesOf = (root: TreeNode, reverse = false): [string, string][] => {
  const cursor = new TreeCursor(root, undefined, undefined, reverse);
  const entries: [string, string][] = [];
  while (cursor.next()) entries.push([cursor.key, cursor.value]);
  return entries;
};
const keyOf = (index: number): string => index.toString().padStart(6, '0');

/** What keeps searches right and depth bounded: order, separators, equal depth, no empty node below the root. */
function checkShape(node: TreeNode, low: string | undefined, high: string | undefined): number {
  const inBounds = (key: string): boolean => (low === undefined || key >= low) && (high === undefined || key < high);
  expect(node.keys.every((key, index) => inBounds(key) && (index === 0 || (node.keys[index - 1] ?? '') < key))).toBe(true);
  if (node.children === undefined) {
    expect(node.values.length).toBe(node.keys.length);
    return 1;
  }
  expect(node.children.length).toBe(node.keys.length + 1);
  const depths = node.children.map((child, index) => {
    expect(child.count).toBeGreaterThan(0);
    expect(child.count).toBeLessThanOrEqual(64);
    return checkShape(child, index === 0 ? low : node.keys[index - 1], node.keys[index] ?? high);
  });
  expect(new Set(depths).size).toBe(1);
  return 1 + (depths[0] ?? 0);
}

describe('VersionTree', () => {
  it('agrees with a sorted map after runs of inserts and deletes, in every snapshot taken on the way', () => {
    const run = fc.record({
      kind: fc.constantFrom('put', 'delete', 'snapshot', 'release', 'delete-range'),
      start: fc.nat(3000),
      length: fc.integer({ min: 1, max: 900 }),
      step: fc.constantFrom(1, 1, 7, 37, -1),
    });
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 25 }), (runs) => {
        const tree = new VersionTree();
        const model = new Map<string, string>();
        const sorted = (): [string, string][] => [...model].sort(([left], [right]) => (left < right ? -1 : 1));
        const snapshots: { root: TreeNode; expected: [string, string][] }[] = [];
        runs.forEach(({ kind, start, length, step }, round) => {
          if (kind === 'snapshot') snapshots.push({ root: tree.snapshot(), expected: sorted() });
          else if (kind === 'release') {
            const oldest = snapshots.shift();
            if (oldest === undefined) return;
            expect(entriesOf(oldest.root)).toEqual(oldest.expected);
            tree.release();
          } else if (kind === 'delete-range') {
            tree.deleteRange(keyOf(start), keyOf(start + length), (key, value) => {
              expect(model.get(key)).toBe(value);
              model.delete(key);
            });
          } else {
            for (let count = 0; count < length; count += 1) {
              const key = keyOf((((start + count * step) % 4000) + 4000) % 4000);
              if (kind === 'put') {
                expect(tree.set(key, String(round))).toBe(model.get(key));
                model.set(key, String(round));
              } else {
                expect(tree.delete(key)).toBe(model.get(key));
                model.delete(key);
              }
            }
          }
        });
        for (const { root, expected } of snapshots) {
          expect(entriesOf(root)).toEqual(expected);
          expect(entriesOf(root, true)).toEqual([...expected].reverse());
        }
        expect(tree.size).toBe(model.size);
        const now = tree.snapshot();
        expect(entriesOf(now)).toEqual(sorted());
        checkShape(now, undefined, undefined);
      }),
      { numRuns: 60, seed: 20_261 },
    );
  });

  it('fills leaves when keys arrive in order', () => {
    const tree = new VersionTree();
    for (let index = 0; index < 64 * 64; index += 1) tree.set(keyOf(index), '');
    const root = tree.snapshot();
    expect(checkShape(root, undefined, undefined)).toBe(2);
    expect(root.children?.length).toBe(64);
  });

  it('copies nothing after the last snapshot is released', () => {
    const tree = new VersionTree();
    for (let index = 0; index < 1000; index += 1) tree.set(keyOf(index), 'a');
    tree.snapshot();
    tree.release();
    const before = tree.snapshot();
    tree.release();
    tree.set(keyOf(500), 'b');
    expect(tree.snapshot()).toBe(before);
  });
});
