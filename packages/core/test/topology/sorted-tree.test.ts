import { expect, test } from 'vitest';
import { SortedTree } from '../../src/topology/sorted-tree.ts';

// Printed by a Java program that puts numbers into a TreeSet, larger sizes first, then smaller numbers. After each `number:grows:by` the size of `grows` goes up, so
// that the order in the tree is no longer that of the sizes.
const vectors: readonly (readonly [steps: string, result: string])[] = [
  ['3:1:0;2:5:2;5:6:1;9:6:0;1:7:1;7:8:1;8:9:2;4:3:3;6:7:0;10:1:1;0:2:3', '5,6,7,8,1,0,2,3,9,4,10'],
  ['2:3:2;7:2:3;3:0:2;1:5:0;4:1:1;5:7:2;6:0:0;0:3:3', '2,0,3,1,4,5,7,6'],
  ['3:2:0;2:0:0;4:2:2;6:1:1;1:8:1;0:1:0;8:5:0;7:8:3;5:1:0', '2,1,8,0,3,4,5,6,7'],
  ['5:2:2;1:4:1;2:4:3;3:0:0;4:1:1;0:3:2', '4,2,1,0,3,5'],
  ['1:7:1;2:5:2;0:5:1;7:7:3;5:1:3;8:7:1;4:0:1;6:6:3;9:7:3;3:7:0', '7,5,0,1,2,3,4,6,8,9'],
  ['8:7:1;1:8:0;6:3:2;2:1:2;3:4:1;4:1:1;5:2:3;0:7:3;7:8:1', '7,1,3,4,2,0,5,6,8'],
  ['7:0:0;5:4:3;0:8:1;4:4:1;8:8:1;6:5:1;1:6:0;2:6:0;3:6:2', '4,8,0,5,1,2,3,6,7'],
  ['5:2:2;7:5:0;1:0:0;2:1:2;4:7:0;6:2:3;0:6:1;3:2:2', '2,1,0,3,4,5,6,7'],
];

test.each(vectors)('grows as Java’s TreeSet while sizes change: %s', (steps, result) => {
  const operations = steps.split(';').map((step) => step.split(':').map(Number) as [number, number, number]);
  const sizes = new Map<number, number>();
  const sizeOf = (value: number): number => sizes.get(value) ?? 1;
  const tree = new SortedTree<number>((a, b) => (a === b ? 0 : sizeOf(b) - sizeOf(a) || a - b));
  for (const [value, grows, by] of operations) {
    tree.add(value);
    sizes.set(grows, sizeOf(grows) + by);
  }
  expect([...tree].join(',')).toBe(result);
});

test('sorts, and keeps one of equal values', () => {
  const tree = new SortedTree<number>((a, b) => a - b);
  const values = Array.from({ length: 200 }, (_, at) => (at * 7919) % 101);
  for (const value of values) tree.add(value);
  expect([...tree]).toEqual([...new Set(values)].sort((a, b) => a - b));
});
