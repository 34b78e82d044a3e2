import { expect, test } from 'vitest';
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { Topology } from '../../src/topology/topology.ts';

function example(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  const customers = builder.globalTable('customers', { name: 'c', store: 'customers' });
  builder
    .stream('orders', { name: 'orders' })
    .join(
      customers,
      (order) => order,
      (order, customer) => order + customer,
      { name: 'with-customer' },
    )
    .groupBy((value) => value, { name: 'by--value-' })
    .count({ name: 'count', store: { name: 'counts', caching: false, logging: { 'segment.bytes': '1' } } })
    .toStream({ name: 'counted' })
    .to('out', { name: 'write', value: serdes.long() });
  return builder.build();
}

test('as data it says everything that a tool needs', () => {
  expect(example().toJSON()).toEqual({
    subtopologies: [
      {
        id: 0,
        isGlobal: true,
        nodes: [
          { kind: 'source', name: 'c-source', to: ['c'], topics: [{ name: 'customers', internal: false }] },
          { kind: 'processor', name: 'c', to: [], stores: ['customers'] },
        ],
        stores: [
          {
            name: 'customers',
            kind: 'keyValue',
            persistence: 'persistent',
            caching: true,
            changelog: null,
            layout: { timestamped: true },
            keyFormat: 'utf8',
            valueFormat: 'utf8',
          },
        ],
      },
      {
        id: 1,
        isGlobal: false,
        nodes: [
          { kind: 'source', name: 'orders', to: ['with-customer'], topics: [{ name: 'orders', internal: false }] },
          { kind: 'processor', name: 'with-customer', to: ['by--value-'], stores: [] },
          { kind: 'processor', name: 'by--value-', to: ['by--value--repartition-filter'], stores: [] },
          { kind: 'processor', name: 'by--value--repartition-filter', to: ['by--value--repartition-sink'], stores: [] },
          { kind: 'sink', name: 'by--value--repartition-sink', to: [], topics: [{ name: 'by--value--repartition', internal: true }] },
        ],
        stores: [],
        copartitioned: [],
      },
      {
        id: 2,
        isGlobal: false,
        nodes: [
          {
            kind: 'source',
            name: 'by--value--repartition-source',
            to: ['count'],
            topics: [{ name: 'by--value--repartition', internal: true }],
          },
          { kind: 'processor', name: 'count', to: ['counted'], stores: ['counts'] },
          { kind: 'processor', name: 'counted', to: ['write'], stores: [] },
          { kind: 'sink', name: 'write', to: [], topics: [{ name: 'out', internal: false }] },
        ],
        stores: [
          {
            name: 'counts',
            kind: 'keyValue',
            persistence: 'persistent',
            caching: false,
            changelog: { name: 'counts-changelog', internal: true },
            layout: { timestamped: true },
            keyFormat: 'utf8',
            valueFormat: 'int64',
          },
        ],
        copartitioned: [],
      },
    ],
    internalTopics: [
      { name: 'by--value--repartition', kind: 'repartition', partitions: null, configs: expect.objectContaining({ 'retention.ms': '-1' }) },
      { name: 'counts-changelog', kind: 'changelog', partitions: null, configs: expect.objectContaining({ 'segment.bytes': '1' }) },
    ],
  });
});

test('as JSON it is that data, and nothing is lost on the way', () => {
  const topology = example();
  expect(JSON.parse(topology.describe('json'))).toEqual(topology.toJSON());
  expect(JSON.parse(JSON.stringify({ topology }))).toEqual({ topology: topology.toJSON() });
});

test('as text it is what Kafka Streams prints', () => {
  const topology = example();
  expect(topology.describe('text')).toBe(topology.describe());
  expect(topology.describe()).toContain('Sub-topology: 0 for global store (will not generate tasks)');
});

test('as a Mermaid flowchart it joins sub-topologies by their topics', () => {
  expect(example().describe('mermaid')).toBe(`flowchart TD
  t0(["customers"])
  t1(["orders"])
  t2(["by--value--repartition"])
  t3(["out"])
  subgraph g0["Global store 0"]
    n0["c-source"]
    n1["c"]
    s0[("customers")]
  end
  subgraph g1["Sub-topology 1"]
    n2["orders"]
    n3["with-customer"]
    n4["by--value-"]
    n5["by--value--repartition-filter"]
    n6["by--value--repartition-sink"]
  end
  subgraph g2["Sub-topology 2"]
    n7["by--value--repartition-source"]
    n8["count"]
    n9["counted"]
    n10["write"]
    s1[("counts")]
  end
  t0 --> n0
  n0 --> n1
  n1 -.- s0
  t1 --> n2
  n2 --> n3
  n3 --> n4
  n4 --> n5
  n5 --> n6
  n6 --> t2
  t2 --> n7
  n7 --> n8
  n8 --> n9
  n8 -.- s1
  n9 --> n10
  n10 --> t3
`);
});

test('patterns and topics chosen per record have their place', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.stream(/in-"[a-z]+"/, { name: 'read' }).to(
    function route() {
      return 'x';
    },
    { name: 'write' },
  );
  const topology = builder.build();
  expect(topology.toJSON().subtopologies[0]?.nodes).toEqual([
    { kind: 'source', name: 'read', to: ['write'], pattern: 'in-"[a-z]+"' },
    { kind: 'sink', name: 'write', to: [], topicExtractor: 'route' },
  ]);
  expect(topology.describe('mermaid')).toContain('t0(["/in-#quot;[a-z]+#quot;/"])');
  expect(topology.describe('mermaid')).toContain('t1(["route()"])');
});

test('another format is refused', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.stream('in').to('out');
  // @ts-expect-error JavaScript may ask for it
  expect(() => builder.build().describe('dot')).toThrow(/MR_ARGUMENT_INVALID.*'mermaid', not "dot"/);
});
