import * as fc from 'fast-check';
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

/** What keeps searches right and depth bounded: order, separators, equal depth, no empty node below the root. Says what is wrong. */
function shapeProblems(node: TreeNode, low?: string, high?: string): string[] {
  const inBounds = (key: string): boolean => (low === undefined || key >= low) && (high === undefined || key < high);
  const ordered = node.keys.every((key, index) => inBounds(key) && (index === 0 || (node.keys[index - 1] ?? '') < key));
  const problems = ordered ? [] : [`keys out of order or bounds: ${node.keys.join(' ')}`];
  if (node.children === undefined) return node.values.length === node.keys.length ? problems : [...problems, 'a leaf with values astray'];
  if (node.children.length !== node.keys.length + 1) problems.push('a branch with separators astray');
  if (node.children.some((child) => child.count === 0 || child.count > 64)) problems.push('a node that is empty or too full');
  if (new Set(node.children.map(depthOf)).size !== 1) problems.push('leaves at different depths');
  const below = node.children.flatMap((child, index) =>
    shapeProblems(child, index === 0 ? low : node.keys[index - 1], node.keys[index] ?? high),
  );
  return [...problems, ...below];
}

function depthOf(node: TreeNode): number {
  const first = node.children?.[0];
  return first === undefined ? 1 : 1 + depthOf(first);
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
        /** What the tree said, and what the model says, about every single write. */
        const answers: [string | undefined, string | undefined][] = [];
        for (const [round, { kind, start, length, step }] of runs.entries()) {
          if (kind === 'snapshot') snapshots.push({ root: tree.snapshot(), expected: sorted() });
          if (kind === 'release') {
            for (const oldest of snapshots.splice(0, 1)) {
              answers.push([JSON.stringify(entriesOf(oldest.root)), JSON.stringify(oldest.expected)]);
              tree.release();
            }
          }
          if (kind === 'delete-range') {
            tree.deleteRange(keyOf(start), keyOf(start + length), (key, value) => {
              answers.push([value, model.get(key)]);
              model.delete(key);
            });
          }
          if (kind !== 'put' && kind !== 'delete') continue;
          for (let count = 0; count < length; count += 1) {
            const key = keyOf((((start + count * step) % 4000) + 4000) % 4000);
            answers.push([kind === 'put' ? tree.set(key, String(round)) : tree.delete(key), model.get(key)]);
            if (kind === 'put') model.set(key, String(round));
            else model.delete(key);
          }
        }
        expect(answers.filter(([told, expected]) => told !== expected)).toEqual([]);
        for (const { root, expected } of snapshots) {
          expect(entriesOf(root)).toEqual(expected);
          expect(entriesOf(root, true)).toEqual([...expected].reverse());
        }
        expect(tree.size).toBe(model.size);
        const now = tree.snapshot();
        expect(entriesOf(now)).toEqual(sorted());
        expect(shapeProblems(now)).toEqual([]);
      }),
      { numRuns: 60, seed: 20_261 },
    );
  });

  it('fills leaves when keys arrive in order', () => {
    const tree = new VersionTree();
    for (let index = 0; index < 64 * 64; index += 1) tree.set(keyOf(index), '');
    const root = tree.snapshot();
    expect({ problems: shapeProblems(root), depth: depthOf(root) }).toEqual({ problems: [], depth: 2 });
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
