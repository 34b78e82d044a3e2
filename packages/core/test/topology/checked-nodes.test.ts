import { expect, test } from 'vitest';
import type { AnyProcessor } from '../../src/processor/processor.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { KeyValueStoreSpec } from '../../src/stores/store-spec.ts';
import { describeTopology } from '../../src/topology/describe.ts';
import { matchesWhole, CheckedNodes } from '../../src/topology/checked-nodes.ts';

const create = (): AnyProcessor => ({ process: () => undefined });

function source(name: string, ...topics: string[]) {
  const string = serdes.string();
  return {
    name,
    topics,
    pattern: undefined,
    keySerde: string,
    valueSerde: string,
    wrapValueSerde: undefined,
    timestampExtractor: undefined,
    offsetReset: undefined,
  };
}

function pattern(name: string, expression: RegExp) {
  return { ...source(name), pattern: expression };
}

function sink(name: string, topic: string, ...predecessors: string[]) {
  const string = serdes.string();
  return { name, topic, predecessors, keySerde: string, valueSerde: string, wrapValueSerde: undefined, partitioner: undefined };
}

function store(name: string): KeyValueStoreSpec {
  const string = serdes.string();
  return {
    kind: 'keyValue',
    name,
    timestamped: false,
    persistence: 'persistent',
    caching: false,
    logging: {},
    keySerde: string,
    valueSerde: string,
  };
}

/** A source, a processor, a sink and a store that nobody uses. */
function small(): CheckedNodes {
  const builder = new CheckedNodes();
  builder.addSource(source('s', 'in'));
  builder.addProcessor('p', create, ['s']);
  builder.addSink(sink('k', 'out', 'p'));
  builder.addStateStore(store('S'));
  return builder;
}

test.each<[string, (builder: CheckedNodes) => void, Record<string, unknown>]>([
  ['a source without topics', (b) => b.addSource(source('x')), { node: 'x' }],
  ['a source with a name in use', (b) => b.addSource(source('p', 'other')), { node: 'p' }],
  ['a processor with a name in use', (b) => b.addProcessor('s', create, ['s']), { node: 's' }],
  ['a sink with a name in use', (b) => b.addSink(sink('k', 'out2', 'p')), { node: 'k' }],
  ['a topic that another source reads', (b) => b.addSource(source('x', 'in')), { topic: 'in' }],
  ['a pattern that matches a topic in use', (b) => b.addSource(pattern('x', /i./)), { topic: 'in', node: 'x' }],
  [
    'a topic that a pattern in use matches',
    (b) => {
      b.addSource(pattern('x', /ab+/));
      b.addSource(source('y', 'abb'));
    },
    { topic: 'abb' },
  ],
  ['a processor without parent', (b) => b.addProcessor('x', create, []), { node: 'x' }],
  ['a sink without parent', (b) => b.addSink(sink('x', 'out')), { node: 'x' }],
  ['a parent that does not exist', (b) => b.addProcessor('x', create, ['nobody']), { parent: 'nobody' }],
  ['a node that is its own parent', (b) => b.addProcessor('x', create, ['x']), { node: 'x' }],
  ['a sink as parent', (b) => b.addProcessor('x', create, ['k']), { parent: 'k' }],
  ['another store of the same name', (b) => b.addStateStore(store('S')), { store: 'S' }],
  ['a store that was not added', (b) => b.connectProcessorAndStateStores('p', ['T']), { node: 'p', store: 'T' }],
  ['a store for a processor that does not exist', (b) => b.connectProcessorAndStateStores('nobody', ['S']), { node: 'nobody' }],
  ['a store for a source', (b) => b.connectProcessorAndStateStores('s', ['S']), { node: 's' }],
  ['a store for a sink', (b) => b.connectProcessorAndStateStores('k', ['S']), { node: 'k' }],
])('refuses %s', (_name, build, details) => {
  const builder = small();
  expect(() => build(builder)).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID', details: expect.objectContaining(details) }));
});

test('the same store may be added again', () => {
  const builder = new CheckedNodes();
  builder.addSource(source('s', 'in'));
  builder.addProcessor('p', create, ['s']);
  const spec = store('S');
  builder.addStateStore(spec);
  builder.addStateStore(spec, 'p');
  expect(builder.storesOf(builder.nodes.get('p') as never)).toEqual(['S']);
});

test('sub-topologies are joined by edges and by shared stores, and numbered by their first node', () => {
  const builder = new CheckedNodes();
  builder.addSource(source('s1', 'a'));
  builder.addSource(source('s2', 'b'));
  builder.addSource(source('s3', 'c'));
  builder.addProcessor('p1', create, ['s1']);
  builder.addProcessor('p3', create, ['s3']);
  builder.addStateStore(store('S'), 'p1', 'p3');
  expect(builder.nodeGroups()).toEqual([['s1', 's3', 'p1', 'p3'], ['s2']]);
});

test('our own topics that are read together must have equal fixed counts; others are left for later', () => {
  const builder = new CheckedNodes();
  builder.addInternalTopic('r1', 3);
  builder.addInternalTopic('r2', 4);
  builder.addInternalTopic('r3', undefined);
  builder.addSource(source('s1', 'r1'));
  builder.addSource(source('s2', 'r2'));
  builder.addSource(source('s3', 'r3'));
  builder.addSource(source('s4', 'theirs'));
  builder.copartitionSources(['s1', 's3']);
  builder.copartitionSources(['s2', 's4']);
  builder.validateCopartition();
  builder.copartitionSources(['s1', 's2']);
  expect(() => builder.validateCopartition()).toThrow(/"r1" \(3\), "r2" \(4\)/);
});

test('patterns match whole names', () => {
  expect(matchesWhole(/ab|cd/, 'ab')).toBe(true);
  expect(matchesWhole(/ab|cd/, 'abd')).toBe(false);
  expect(matchesWhole(/AB/i, 'ab')).toBe(true);
  expect(matchesWhole(/ab/g, 'ab')).toBe(true);
  expect(matchesWhole(/ab/g, 'ab')).toBe(true);
});

test('an empty topology has only its head line', () => {
  expect(describeTopology(new CheckedNodes())).toBe('Topologies:\n ');
});

test('patterns stand without brackets; nodes by how much hangs below them, neighbours by how much did when they met', () => {
  const builder = new CheckedNodes();
  builder.addSource(pattern('s', /in-.*/));
  builder.addProcessor('small', create, ['s']);
  builder.addProcessor('tall', create, ['s']);
  builder.addSink(sink('k', 'out', 'tall'));
  builder.addStateStore(store('S2'), 'tall');
  builder.addStateStore(store('S1'), 'tall');
  expect(describeTopology(builder)).toBe(
    `Topologies:
   Sub-topology: 0
    Source: s (topics: in-.*)
      --> small, tall
    Processor: tall (stores: [S1, S2])
      --> k
      <-- s
    Sink: k (topic: out)
      <-- tall
    Processor: small (stores: [])
      --> none
      <-- s

`,
  );
});
