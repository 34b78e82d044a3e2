/** What `optimize` makes of topologies. The expectations are what Kafka Streams 4.3 describes. */
import { describe, expect, it } from 'vitest';
import {
  joinWindows,
  type KStream,
  type Optimize,
  serdes,
  StreamsBuilder,
  type StreamsBuilderOptions,
  type Topology,
} from '../../src/index.ts';

type Builder = StreamsBuilder<string, string>;

function topologyOf(optimize: Optimize, build: (builder: Builder) => void, options: StreamsBuilderOptions<string, string> = {}): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), optimize, ...options });
  build(builder);
  return builder.build();
}

/** Internal topics, by kind. */
function topicsOf({ plan }: Topology, kind: 'repartition' | 'changelog'): string[] {
  return plan.internalTopics.filter((internal) => internal.kind === kind).map(({ topic }) => topic.name);
}

/** The names of every node's children. */
function childrenOf({ plan }: Topology): Record<string, readonly string[]> {
  return Object.fromEntries(plan.subtopologies.flatMap(({ nodes }) => nodes.map(({ children, name }) => [name, children])));
}

const first = (value: string): string => value.slice(0, 1);

describe('the option', () => {
  it.each([['everything'], [['all']], [['merge.repartition.topics', 'none']], 'merge.repartition.topics'])(
    'refuses what is no optimisation: %j',
    (optimize) => {
      // What JavaScript can pass.
      expect(() => new StreamsBuilder({ optimize: optimize as Optimize })).toThrow(expect.objectContaining({ code: 'MR_CONFIG_INVALID' }));
    },
  );

  it.each<[Optimize | undefined, number, string[]]>([
    [undefined, 2, ['tables-changelog', 'a-changelog', 'b-changelog']],
    ['none', 2, ['tables-changelog', 'a-changelog', 'b-changelog']],
    [[], 2, ['tables-changelog', 'a-changelog', 'b-changelog']],
    [['merge.repartition.topics'], 1, ['tables-changelog', 'a-changelog', 'b-changelog']],
    [['reuse.ktable.source.topics'], 2, ['a-changelog', 'b-changelog']],
    ['all', 1, ['a-changelog', 'b-changelog']],
  ])('%j does what it says and nothing else', (optimize, repartitions, changelogs) => {
    const topology = topologyOf(optimize ?? 'none', (builder) => {
      builder.table('t', { store: 'tables' });
      const keyed = builder.stream('in').selectKey(first);
      keyed.groupByKey().count({ store: 'a' });
      keyed.groupByKey().count({ store: 'b' });
    });
    expect(topicsOf(topology, 'repartition')).toHaveLength(repartitions);
    expect(topicsOf(topology, 'changelog')).toEqual(changelogs);
  });

  it('is taken anew by every build, from what the calls left behind', () => {
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), optimize: 'all' });
    const keyed = builder.stream('in').selectKey(first);
    keyed.groupByKey().count();
    keyed.groupByKey().count();
    const before = builder.build().describe();
    expect(builder.build().describe()).toBe(before);
    keyed.groupByKey().count();
    expect(builder.build().describe()).not.toBe(before);
    expect(topicsOf(builder.build(), 'repartition')).toHaveLength(1);
  });
});

describe('merge.repartition.topics', () => {
  const merged = (build: (in_: KStream<string, string>, builder: Builder) => void): Topology =>
    topologyOf(['merge.repartition.topics'], (builder) => build(builder.stream('in'), builder));

  it('puts one repartition behind the change of the key, called like the first', () => {
    const topology = merged((in_) => {
      const keyed = in_.selectKey(first);
      keyed
        .filter(() => true)
        .groupByKey({ name: 'letters' })
        .count();
      keyed.groupByKey().reduce((_, value) => value);
    });
    expect(topicsOf(topology, 'repartition')).toEqual(['letters-repartition']);
    expect(topology.describe()).toBe(`Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> letters-repartition-filter
      <-- KSTREAM-SOURCE-0000000000
    Processor: letters-repartition-filter (stores: [])
      --> letters-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000001
    Sink: letters-repartition-sink (topic: letters-repartition)
      <-- letters-repartition-filter

  Sub-topology: 1
    Source: letters-repartition-source (topics: [letters-repartition])
      --> KSTREAM-FILTER-0000000002, KSTREAM-REDUCE-0000000009
    Processor: KSTREAM-FILTER-0000000002 (stores: [])
      --> KSTREAM-AGGREGATE-0000000004
      <-- letters-repartition-source
    Processor: KSTREAM-AGGREGATE-0000000004 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000003])
      --> none
      <-- KSTREAM-FILTER-0000000002
    Processor: KSTREAM-REDUCE-0000000009 (stores: [KSTREAM-REDUCE-STATE-STORE-0000000008])
      --> none
      <-- letters-repartition-source

`);
  });

  it('moves a single one up too', () => {
    const topology = merged((in_) => {
      in_
        .selectKey(first)
        .filter(() => true, { name: 'after' })
        .groupByKey({ name: 'g' })
        .count({ name: 'count' });
    });
    expect(childrenOf(topology)).toMatchObject({ 'g-repartition-source': ['after'], after: ['count'] });
  });

  it.each<[string, (keyed: KStream<string, string>) => KStream<string, string>]>([
    ['a change of the value', (keyed) => keyed.mapValues((value) => `${value}!`)],
    ['several values for one', (keyed) => keyed.flatMapValues((value) => [value])],
  ])('moves none across %s', (_, change) => {
    const topology = merged((in_) => {
      const keyed = in_.selectKey(first);
      change(keyed).groupByKey({ name: 'changed' }).count();
      keyed.groupByKey({ name: 'plain' }).count();
    });
    expect(topicsOf(topology, 'repartition').toSorted()).toEqual(['changed-repartition', 'plain-repartition']);
  });

  it('leaves repartition() and the grouping of tables alone', () => {
    const topology = merged((in_) => {
      const keyed = in_.selectKey(first);
      keyed.repartition({ name: 'asked' });
      keyed.groupByKey({ name: 'grouped' }).count();
      const table = keyed.toTable({ name: 'rows' });
      table.groupBy((value, key) => [key, value], { name: 'regrouped' }).count();
    });
    expect(topicsOf(topology, 'repartition').toSorted()).toEqual(['asked-repartition', 'grouped-repartition', 'regrouped-repartition']);
  });

  it('serves joins, tables and groups of one key together, which are then partitioned alike', () => {
    const topology = merged((in_, builder) => {
      const keyed = in_.selectKey(first);
      keyed.groupByKey({ name: 'counts' }).count();
      keyed.join(builder.table('t', { name: 'table' }), (left, right) => left + right, { name: 'joined' });
      keyed.toTable({ name: 'rows' });
    });
    expect(topicsOf(topology, 'repartition')).toEqual(['counts-repartition']);
    const groups = topology.plan.subtopologies.flatMap(({ copartitionGroups }) => copartitionGroups);
    expect(groups).toEqual([
      [
        { name: 'counts-repartition', internal: true },
        { name: 't', internal: false },
      ],
    ]);
  });

  it('takes each serde from the first that has one', () => {
    const key = serdes.string();
    const value = serdes.string();
    const { plan } = topologyOf(
      ['merge.repartition.topics'],
      (builder) => {
        const keyed = builder.stream('in').selectKey(first);
        keyed.groupByKey({ name: 'a', value }).count();
        keyed.groupByKey({ name: 'b', key }).count();
      },
      {},
    );
    const source = plan.subtopologies.flatMap(({ nodes }) => nodes).find(({ name }) => name === 'a-repartition-source');
    expect(source?.kind === 'source' && source.keySerde === key && source.valueSerde === value).toBe(true);
  });

  it('stands behind a merge if all that the streams cause stand below it', () => {
    const topology = merged((in_, builder) => {
      const left = in_.selectKey(first, { name: 'left' });
      const right = builder.stream('other').map((value, key) => [value, key], { name: 'right' });
      const both = left.merge(right, { name: 'both' });
      both.groupByKey({ name: 'a' }).count({ name: 'count-a' });
      both.groupByKey({ name: 'b' }).count({ name: 'count-b' });
    });
    expect(topicsOf(topology, 'repartition')).toEqual(['a-repartition']);
    expect(childrenOf(topology)).toMatchObject({
      left: ['both'],
      right: ['both'],
      both: ['a-repartition-filter'],
      'a-repartition-source': ['count-a', 'count-b'],
    });
  });

  it('moves above a join with a global table, which does not count as a change of the value', () => {
    const topology = merged((in_, builder) => {
      const keyed = in_.selectKey(first);
      const joined = keyed.leftJoin(
        builder.globalTable('g'),
        (value) => value,
        (left, right) => `${left}${right}`,
        { name: 'joined' },
      );
      joined.groupByKey({ name: 'a' }).count({ name: 'count-a' });
      keyed.groupByKey({ name: 'b' }).count({ name: 'count-b' });
    });
    expect(childrenOf(topology)).toMatchObject({ 'a-repartition-source': ['joined', 'count-b'], joined: ['count-a'] });
  });

  it('belongs to the key-changing node that the first way up leads to', () => {
    const topology = merged((in_) => {
      const keyed = in_.selectKey(first, { name: 'keyed' });
      const reduced = keyed
        .groupByKey({ name: 'b' })
        .reduce((_, value) => value, { name: 'reduce' })
        .toStream({ name: 'reduced' });
      const again = keyed.selectKey(first, { name: 'again' });
      reduced.merge(again, { name: 'both' }).groupByKey({ name: 'a' }).count({ name: 'count' });
    });
    expect(topicsOf(topology, 'repartition')).toEqual(['b-repartition']);
    expect(childrenOf(topology)).toMatchObject({ 'b-repartition-source': ['reduce', 'again'], again: ['both'], both: ['count'] });
  });

  it('is refused where the first repartition took the way of the second along', () => {
    expect(() =>
      merged((in_) => {
        const kept = in_.selectKey(first, { name: 'keyed' }).filter(() => true);
        kept.groupByKey({ name: 'a' }).count();
        kept.groupByKey({ name: 'b' }).count();
      }),
    ).toThrow(expect.objectContaining({ code: 'MR_OPTIMIZATION_IMPOSSIBLE', details: { node: 'keyed', topic: 'b-repartition' } }));
  });

  it('ends for streams that part and meet again and again', () => {
    const topology = merged((in_) => {
      let stream = in_;
      for (let at = 0; at < 40; at++) stream = stream.filter(() => true).merge(stream);
      stream.selectKey(first).groupByKey({ name: 'all' }).count();
    });
    expect(topicsOf(topology, 'repartition')).toEqual(['all-repartition']);
  });

  it('changes nothing of what requireNames asks for', () => {
    const build = (builder: Builder): void => {
      const keyed = builder.stream('in').selectKey(first);
      keyed.groupByKey({ name: 'named' }).count({ store: 'a' });
      keyed.groupByKey().count({ store: 'b' });
      keyed.groupByKey().count();
      builder.globalTable('g');
    };
    const names = (optimize: Optimize): string => {
      try {
        topologyOf(optimize, build, { requireNames: true });
      } catch (error) {
        return String(error);
      }
      return 'built';
    };
    expect(names('all')).toBe(names('none'));
    const state = 'KSTREAM-AGGREGATE-STATE-STORE-0000000010';
    expect(names('all')).toContain(
      `repartition topic ${state}-repartition, changelog topic ${state}-changelog, store g-STATE-STORE-0000000015.`,
    );
  });
});

describe('single.store.self.join', () => {
  const windows = joinWindows({ difference: 10 });
  const join = (left: KStream<string, string>, right: KStream<string, string>): void => {
    left.join(right, (a, b) => a + b, { windows, name: 'pair', store: 'kept' });
  };
  const stores = ({ plan }: Topology): string[] =>
    plan.subtopologies.flatMap((subtopology) => subtopology.stores.map(({ spec }) => spec.name));

  it('keeps one store', () => {
    const topology = topologyOf(['single.store.self.join'], (builder) => {
      const stream = builder.stream('in');
      join(stream, stream);
    });
    expect(topology.describe()).toBe(`Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> pair-this-windowed
    Processor: pair-this-windowed (stores: [kept-this-join-store])
      --> pair-merge
      <-- KSTREAM-SOURCE-0000000000
    Processor: pair-merge (stores: [kept-this-join-store])
      --> none
      <-- pair-this-windowed

`);
  });

  it.each<[string, number, (builder: Builder) => void]>([
    ['two streams of one topic', 1, (builder) => join(builder.stream('in'), builder.stream('in'))],
    ['two topics', 2, (builder) => join(builder.stream('in'), builder.stream('other'))],
    [
      'a stream and what was made of it',
      2,
      (builder) => {
        const stream = builder.stream('in');
        join(
          stream,
          stream.filter(() => true),
        );
      },
    ],
    [
      'a stream behind one repartition',
      1,
      (builder) => {
        const keyed = builder.stream('in').selectKey(first);
        keyed.join(keyed, (a, b) => a + b, { windows });
      },
    ],
    [
      'a stream behind two repartitions',
      2,
      (builder) => {
        const keyed = builder.stream('in').selectKey(first);
        join(keyed, keyed);
      },
    ],
  ])('%s: %i stores', (_, count, build) => {
    expect(stores(topologyOf(['single.store.self.join'], build))).toHaveLength(count);
  });

  it('sees through repartitions that were merged', () => {
    const topology = topologyOf('all', (builder) => {
      const keyed = builder.stream('in').selectKey(first);
      join(keyed, keyed);
    });
    expect(stores(topology)).toEqual(['kept-this-join-store']);
  });
});

describe('reuse.ktable.source.topics', () => {
  const stores = (build: (builder: Builder) => void): Record<string, unknown> =>
    Object.fromEntries(
      topologyOf(['reuse.ktable.source.topics'], build).plan.subtopologies.flatMap((subtopology) =>
        subtopology.stores.map(({ changelog, changelogIsSource, spec }) => [spec.name, changelogIsSource ? changelog : 'own']),
      ),
    );

  it('makes the topic the changelog, whether the store was to be logged or not', () => {
    const t = { name: 't', internal: false };
    expect(stores((builder) => builder.table('t', { store: 's' }))).toEqual({ s: t });
    expect(stores((builder) => builder.table('t', { store: { name: 's', logging: false } }))).toEqual({ s: t });
    expect(stores((builder) => builder.table('t', { store: { name: 's', historyRetention: 1000 } }))).toEqual({ s: t });
  });

  it('leaves views without a store, and tables that are made of streams or other tables, as they are', () => {
    expect(stores((builder) => builder.table('t'))).toEqual({});
    expect(
      stores((builder) => {
        builder.stream('in').toTable({ store: 'made' });
        builder.table('t').mapValues((value) => value, { store: 'mapped' });
      }),
    ).toEqual({ made: 'own', mapped: 'own' });
  });
});
