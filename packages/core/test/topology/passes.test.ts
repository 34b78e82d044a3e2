import { expect, test } from 'vitest';
import type { AnyProcessor } from '../../src/processor/processor.ts';
import {
  Graph,
  type GraphNode,
  type ProcessorDescription,
  type RepartitionDescription,
  type SourceDescription,
} from '../../src/topology/graph.ts';
import { findNullKeyFilters } from '../../src/topology/passes/drop-null-keys.ts';
import { mergeDuplicateSources } from '../../src/topology/passes/merge-duplicate-sources.ts';

const create = (): AnyProcessor => ({ process: () => undefined });

function processor(name: string, more: Partial<ProcessorDescription> = {}): ProcessorDescription {
  return {
    kind: 'processor',
    name,
    create,
    stores: [],
    ownStores: [],
    changesKey: false,
    changesValue: false,
    isMerge: false,
    usesNullKeys: false,
    ...more,
  };
}

function source(name: string, ...topics: string[]): SourceDescription {
  return {
    kind: 'source',
    name,
    topics,
    pattern: undefined,
    keySerde: undefined,
    valueSerde: undefined,
    timestampExtractor: undefined,
    offsetReset: undefined,
  };
}

function repartition(name: string): RepartitionDescription {
  return {
    kind: 'repartition',
    name,
    topic: `${name}-topic`,
    sink: `${name}-sink`,
    filter: { name: `${name}-filter`, create },
    keySerde: undefined,
    valueSerde: undefined,
    wrapValueSerde: undefined,
    partitioner: undefined,
    partitions: undefined,
    isOptimizable: true,
    isNameGenerated: true,
  };
}

const names = (nodes: Iterable<GraphNode>): string[] => [...nodes].map((node) => node.name).toSorted();

test('a repartition keeps records without key if somebody below has a use for them, however far', () => {
  const graph = new Graph();
  const source1 = graph.add(source('s', 'in'));
  const kept = graph.add(repartition('kept'), source1);
  graph.add(processor('join', { usesNullKeys: true }), graph.add(processor('between'), kept));
  const dropped = graph.add(repartition('dropped'), source1);
  graph.add(processor('count'), dropped);
  expect(names(findNullKeyFilters(graph))).toEqual(['dropped']);
});

test('sources of the same topics become one; their children follow in the order of the calls', () => {
  const graph = new Graph();
  const first = graph.add(source('first', 'a', 'b'));
  graph.add(processor('p1'), first);
  const second = graph.add(source('second', 'b', 'a'));
  const join = graph.add(processor('p2'), second, first);
  const copy = graph.copy();
  mergeDuplicateSources(copy);
  expect([...copy.root.children].map((node) => [node.name, [...node.children].map((child) => child.name)])).toEqual([
    ['first', ['p1', 'p2']],
  ]);
  // The graph that the DSL calls built stays as it is.
  expect([...graph.root.children].map((node) => node.name)).toEqual(['first', 'second']);
  expect([...join.parents].map((node) => node.name)).toEqual(['second', 'first']);
});

test('a copy has the descriptions, the links and the order of the original', () => {
  const graph = new Graph();
  const top = graph.add(source('s', 'in'));
  const left = graph.add(processor('left'), top);
  const right = graph.add(processor('right'), top);
  graph.add(processor('bottom'), right, left);
  const shape = (nodes: GraphNode[]) =>
    nodes.map((node) => [
      node.description,
      node.priority,
      [...node.parents].map(({ name }) => name),
      [...node.children].map(({ name }) => name),
    ]);
  expect(shape(graph.copy().nodes())).toEqual(shape(graph.nodes()));
  expect(graph.copy().root).not.toBe(graph.root);
});
