import { describe, expect, it } from 'vitest';
import {
  diffTopologies,
  joinWindows,
  type Optimize,
  serdes,
  sessionWindows,
  StreamsBuilder,
  timeWindows,
  type Topology,
  type TopologyDescription,
  type TopologyDiff,
  type UpgradeVerdict,
} from '../../../src/index.ts';

type Builder = StreamsBuilder<string, string>;
type Build = (builder: Builder) => void;

function topologyOf(build: Build, optimize: Optimize = 'none'): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), optimize });
  build(builder);
  return builder.build();
}

const first = (value: string): string => value.slice(0, 1);
const windows = (size: number, grace = 0) => timeWindows({ size, grace });

/** Impact, kind and subject of every change. */
const shown = ({ changes }: TopologyDiff): string[] => changes.map(({ impact, kind, subject }) => `${impact} ${kind} ${subject}`);

const base: Build = (builder) => {
  builder.stream('in').groupByKey().count({ store: 'a' });
};

interface Case {
  readonly what: string;
  readonly before?: Build | undefined;
  readonly after: Build;
  readonly verdict: UpgradeVerdict;
  readonly changes: readonly string[];
  readonly rolling?: boolean | undefined;
}

const cases: readonly Case[] = [
  { what: 'nothing', after: base, verdict: 'same', changes: [], rolling: true },
  {
    what: 'an operator without state or name of its own',
    after: (builder) => {
      builder
        .stream('in')
        .mapValues((value) => value)
        .groupByKey()
        .count({ store: 'a' });
    },
    verdict: 'same',
    changes: [],
    rolling: true,
  },
  {
    what: 'another sink',
    after: (builder) => {
      const stream = builder.stream('in');
      stream.groupByKey().count({ store: 'a' });
      stream.to('copy');
    },
    verdict: 'safe',
    changes: ['none sinkAdded copy'],
    rolling: true,
  },
  {
    what: 'another stream',
    after: (builder) => {
      base(builder);
      builder.stream('more').to('copy');
    },
    verdict: 'safe',
    changes: ['none sourceAdded more', 'none sinkAdded copy'],
  },
  {
    what: 'a stream less',
    before: (builder) => {
      base(builder);
      builder.stream(/more.*/).to('copy');
    },
    after: base,
    verdict: 'care',
    changes: ['care sourceRemoved /more.*/', 'none sinkRemoved copy'],
  },
  {
    what: 'a store more',
    after: (builder) => {
      const grouped = builder.stream('in').groupByKey();
      grouped.count({ store: 'a' });
      grouped.count({ store: 'b' });
    },
    verdict: 'care',
    changes: ['care storeAdded b'],
  },
  {
    what: 'a store less',
    after: (builder) => builder.stream('in').to('out'),
    verdict: 'losesState',
    changes: ['loss storeRemoved a', 'none sinkAdded out'],
  },
  {
    what: 'a store without changelog less',
    before: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', logging: false } });
    },
    after: (builder) => builder.stream('in').foreach(() => undefined),
    verdict: 'safe',
    changes: ['none storeRemoved a'],
  },
  {
    what: 'a generated name that moves',
    before: (builder) => {
      builder.stream('in').groupByKey().count();
    },
    after: (builder) => {
      builder
        .stream('in')
        .filter(() => true)
        .groupByKey()
        .count();
    },
    verdict: 'losesState',
    changes: ['loss storeRenamed KSTREAM-AGGREGATE-STATE-STORE-0000000001'],
  },
  {
    what: 'generated names of a repartition and its store that move',
    before: (builder) => {
      builder.stream('in').groupBy(first).count();
    },
    after: (builder) => {
      builder
        .stream('in')
        .filter(() => true)
        .groupBy(first)
        .count();
    },
    verdict: 'losesState',
    changes: [
      'loss storeRenamed KSTREAM-AGGREGATE-STATE-STORE-0000000002',
      'care repartitionRenamed KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition',
    ],
  },
  {
    what: 'the generated name of a repartition before a store that is named',
    before: (builder) => {
      builder.stream('in').selectKey(first).toTable({ store: 'rows' });
    },
    after: (builder) => {
      builder
        .stream('in')
        .filter(() => true)
        .selectKey(first)
        .toTable({ store: 'rows' });
    },
    verdict: 'care',
    changes: ['care storeInputChanged rows', 'care repartitionRenamed KSTREAM-TOTABLE-0000000002-repartition'],
  },
  {
    what: 'a store of another kind under the name',
    after: (builder) => {
      builder.stream('in').groupByKey().windowedBy(windows(10)).count({ store: 'a' });
    },
    verdict: 'needsReset',
    changes: ['reset storeKindChanged a'],
  },
  {
    what: 'a store of every instance under the name',
    after: (builder) => {
      builder.globalTable('in', { store: 'a' });
    },
    verdict: 'needsReset',
    changes: ['reset storeKindChanged a'],
  },
  {
    what: 'values of another type',
    after: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .reduce((_, value) => value, { store: 'a' });
    },
    verdict: 'needsReset',
    changes: ['reset storeFormatChanged a'],
  },
  {
    what: 'windows of another size',
    before: (builder) => {
      builder.stream('in').groupByKey().windowedBy(windows(10, 90)).count({ store: 'a' });
    },
    after: (builder) => {
      builder.stream('in').groupByKey().windowedBy(windows(20, 80)).count({ store: 'a' });
    },
    verdict: 'needsReset',
    changes: ['reset storeLayoutChanged a'],
  },
  {
    what: 'windows that are kept longer',
    before: (builder) => {
      builder.stream('in').groupByKey().windowedBy(windows(10, 5)).count({ store: 'a' });
    },
    after: (builder) => {
      builder.stream('in').groupByKey().windowedBy(windows(10, 50)).count({ store: 'a' });
    },
    verdict: 'care',
    changes: ['care storeRetentionChanged a'],
    rolling: true,
  },
  {
    what: 'sessions that are kept less long',
    before: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .windowedBy(sessionWindows({ gap: 20, grace: 0 }))
        .count({ store: 'a' });
    },
    after: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .windowedBy(sessionWindows({ gap: 10, grace: 0 }))
        .count({ store: 'a' });
    },
    verdict: 'safe',
    changes: ['none storeRetentionChanged a'],
    rolling: true,
  },
  {
    what: 'windows that are emitted on close',
    before: (builder) => {
      builder.stream('in').groupByKey().windowedBy(windows(10)).count({ store: 'a' });
    },
    after: (builder) => {
      builder.stream('in').groupByKey().windowedBy(windows(10), { emit: 'onWindowClose' }).count({ store: 'a' });
    },
    verdict: 'care',
    changes: ['care storeLayoutChanged a'],
    rolling: true,
  },
  {
    what: 'a longer history',
    before: (builder) => builder.table('t', { store: { name: 'a', historyRetention: 10 } }),
    after: (builder) => builder.table('t', { store: { name: 'a', historyRetention: 20 } }),
    verdict: 'care',
    changes: ['care storeRetentionChanged a'],
    rolling: true,
  },
  {
    what: 'a store in memory',
    after: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', persistence: 'inMemory' } });
    },
    verdict: 'care',
    changes: ['care storePersistenceChanged a'],
    rolling: true,
  },
  {
    what: 'rows without their timestamps',
    after: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', timestamps: false } });
    },
    verdict: 'care',
    changes: ['care storeLayoutChanged a'],
    rolling: true,
  },
  {
    what: 'rows with their timestamps again',
    before: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', timestamps: false } });
    },
    after: base,
    verdict: 'care',
    changes: ['care storeLayoutChanged a'],
    rolling: true,
  },
  {
    what: 'rows without their timestamps that no changelog has',
    before: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', logging: false } });
    },
    after: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', logging: false, timestamps: false } });
    },
    verdict: 'needsReset',
    changes: ['reset storeLayoutChanged a'],
    rolling: false,
  },
  {
    what: 'no changelog any more',
    after: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', logging: false } });
    },
    verdict: 'losesState',
    changes: ['loss changelogChanged a'],
  },
  {
    what: 'a changelog where there was none',
    before: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', logging: false } });
    },
    after: base,
    verdict: 'losesState',
    changes: ['loss changelogChanged a'],
  },
  {
    what: 'other settings of the changelog',
    after: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', logging: { 'segment.bytes': '1' } } });
    },
    verdict: 'care',
    changes: ['care changelogConfigChanged a'],
    rolling: true,
  },
  {
    what: 'another topic above the store',
    after: (builder) => {
      builder.stream('other').groupByKey().count({ store: 'a' });
    },
    verdict: 'needsReset',
    changes: ['reset storeInputChanged a', 'care sourceRemoved in', 'none sourceAdded other'],
  },
  {
    what: 'one more topic above the store',
    after: (builder) => {
      builder.stream('in').merge(builder.stream('other')).groupByKey().count({ store: 'a' });
    },
    verdict: 'care',
    changes: ['care storeInputChanged a', 'none sourceAdded other'],
  },
  {
    what: 'a repartition above the store',
    after: (builder) => {
      builder.stream('in').groupBy(first, { name: 'g' }).count({ store: 'a' });
    },
    verdict: 'needsReset',
    changes: ['reset storeInputChanged a', 'care subtopologyMoved sub-topology 0', 'none repartitionAdded g-repartition'],
  },
  {
    what: 'a repartition less',
    before: (builder) => builder.stream('in').repartition({ name: 'r' }).to('out'),
    after: (builder) => builder.stream('in').to('out'),
    verdict: 'care',
    changes: ['care repartitionRemoved r-repartition'],
  },
  {
    what: 'a repartition of another size',
    before: (builder) => builder.stream('in').repartition({ name: 'r', partitions: 2 }).to('out'),
    after: (builder) => builder.stream('in').repartition({ name: 'r', partitions: 3 }).to('out'),
    verdict: 'needsReset',
    changes: ['reset repartitionPartitionsChanged r-repartition'],
  },
  {
    what: 'a sub-topology before the others',
    after: (builder) => {
      builder.stream('before').to('out');
      base(builder);
    },
    verdict: 'care',
    changes: ['care subtopologyMoved sub-topology 0', 'none sourceAdded before', 'none sinkAdded out'],
  },
  {
    what: 'a sub-topology before one whose store has no changelog',
    before: (builder) => {
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', logging: false } });
    },
    after: (builder) => {
      builder.stream('before').to('out');
      builder
        .stream('in')
        .groupByKey()
        .count({ store: { name: 'a', logging: false } });
    },
    verdict: 'losesState',
    changes: ['loss subtopologyMoved sub-topology 0', 'none sourceAdded before', 'none sinkAdded out'],
  },
  {
    what: 'a sub-topology without state that moves',
    before: (builder) => builder.stream('in').to('out'),
    after: (builder) => {
      builder.stream('before').to('out');
      builder.stream('in').to('out');
    },
    verdict: 'safe',
    changes: ['none sourceAdded before', 'none subtopologyMoved sub-topology 0'],
  },
  {
    what: 'a global table',
    after: (builder) => {
      base(builder);
      builder.globalTable('g', { store: 'global' });
    },
    verdict: 'safe',
    changes: ['none storeAdded global', 'none sourceAdded g'],
    rolling: true,
  },
  {
    what: 'another topic of a global table',
    before: (builder) => {
      builder.globalTable('g', { store: 'global' });
    },
    after: (builder) => {
      builder.globalTable('h', { store: 'global' });
    },
    verdict: 'care',
    changes: ['care storeInputChanged global', 'care sourceRemoved g', 'none sourceAdded h'],
    rolling: true,
  },
];

describe('the diff of two topologies', () => {
  it.each(cases)('$what: $verdict', ({ after, before = base, changes, rolling = false, verdict }) => {
    const diff = diffTopologies(topologyOf(before), topologyOf(after));
    expect({ verdict: diff.verdict, changes: shown(diff), rolling: diff.rollingUpgrade }).toEqual({ verdict, changes, rolling });
  });

  it.each<[string, Optimize, Optimize, UpgradeVerdict, string[]]>([
    ['on', 'none', ['reuse.ktable.source.topics'], 'care', ['care changelogChanged a']],
    ['off', ['reuse.ktable.source.topics'], 'none', 'losesState', ['loss changelogChanged a']],
  ])('a source topic as changelog goes %s', (_, was, is, verdict, changes) => {
    const build: Build = (builder) => builder.table('t', { store: 'a' });
    const diff = diffTopologies(topologyOf(build, was), topologyOf(build, is));
    expect([diff.verdict, shown(diff)]).toEqual([verdict, changes]);
  });

  it('a self-join on one store loses the other', () => {
    const build: Build = (builder) => {
      const stream = builder.stream('in');
      stream.join(stream, (a, b) => a + b, { windows: joinWindows({ difference: 5 }), store: 'j' });
    };
    const diff = diffTopologies(topologyOf(build), topologyOf(build, 'all'));
    expect([diff.verdict, shown(diff)]).toEqual(['losesState', ['loss storeRemoved j-other-join-store']]);
  });

  it('merged repartitions: those that are left are orphans, and the stores stay', () => {
    const build: Build = (builder) => {
      const keyed = builder.stream('in').selectKey(first);
      keyed.groupByKey({ name: 'x' }).count({ store: 'a' });
      keyed.groupByKey({ name: 'y' }).reduce((_, value) => value, { store: 'b' });
    };
    const diff = diffTopologies(topologyOf(build), topologyOf(build, 'all'));
    expect([diff.verdict, shown(diff)]).toEqual([
      'care',
      ['care storeInputChanged b', 'care repartitionRemoved y-repartition', 'care subtopologyMoved sub-topology 2'],
    ]);
  });

  it('takes the JSON of an earlier release, from before it told layouts and formats too', () => {
    const [was, is] = [
      topologyOf(base),
      topologyOf((builder) =>
        builder
          .stream('in')
          .groupByKey()
          .reduce((_, value) => value, { store: 'a' }),
      ),
    ];
    const parsed = JSON.parse(was.describe('json')) as TopologyDescription;
    expect(diffTopologies(parsed, was).verdict).toBe('same');
    expect(diffTopologies(was.describe('json'), was.describe('json')).verdict).toBe('same');
    expect(diffTopologies(parsed, is).verdict).toBe('needsReset');
    const early: TopologyDescription = {
      ...parsed,
      subtopologies: parsed.subtopologies.map(({ stores, ...subtopology }) => ({
        ...subtopology,
        copartitioned: undefined,
        stores: stores.map(({ caching, changelog, kind, name, persistence }) => ({ caching, changelog, kind, name, persistence })),
      })),
    };
    expect(diffTopologies(early, was).verdict).toBe('same');
    expect(diffTopologies(was, early).verdict).toBe('same');
  });

  it.each([null, 'Topologies:', '', '[]', {}, { subtopologies: [] }])('refuses what is no topology: %j', (other) => {
    // What JSON.parse can give.
    expect(() => diffTopologies(topologyOf(base), other as unknown as TopologyDescription)).toThrow(
      expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }),
    );
  });

  it('never lets instances of both versions run where something must be reset, and names topics as the cluster does', () => {
    const counts = (retention: '1h' | '2h'): Topology =>
      topologyOf((builder) => {
        builder
          .stream('in')
          .groupByKey()
          .windowedBy(timeWindows({ size: retention === '1h' ? '5m' : '10m' }))
          .count({ store: { name: 'counts', retention } });
      });
    const diff = diffTopologies(counts('1h'), counts('2h'));
    expect([diff.verdict, diff.rollingUpgrade]).toEqual(['needsReset', false]);
    expect(String(diff)).toContain('rolling upgrade: no');
    expect(diff.changes.map(({ remedy }) => remedy).join()).toContain('of the changelog <application id>-counts-changelog');
  });

  it('tells people what happens, and what to do about it', () => {
    const before = topologyOf((builder) => {
      builder.stream('in').groupByKey().count();
    });
    const after = topologyOf((builder) => {
      builder
        .stream('in')
        .filter(() => true)
        .groupByKey()
        .count();
    });
    const diff = diffTopologies(before, after);
    expect(String(diff)).toBe(`state is lost for KSTREAM-AGGREGATE-STATE-STORE-0000000001
rolling upgrade: no, stop all instances first
loss  the store "KSTREAM-AGGREGATE-STATE-STORE-0000000001" is called "KSTREAM-AGGREGATE-STATE-STORE-0000000002": its name is generated, and operators before it came or went. Under the new name it starts empty; the changelog <application id>-KSTREAM-AGGREGATE-STATE-STORE-0000000001-changelog is an orphan
      → call it "KSTREAM-AGGREGATE-STATE-STORE-0000000001" in the operator's store option, as it was; then its state stays whatever comes before it
`);
    expect(JSON.parse(JSON.stringify(diff))).toEqual({ verdict: 'losesState', rollingUpgrade: false, changes: diff.changes });
    expect(String(diffTopologies(before, before))).toBe('same: sources, stores and topics do not change\nrolling upgrade: yes\n');
  });

  it.each<[string, Build, Build, Optimize]>([
    [
      'without logging',
      (builder) => builder.table('t', { store: { name: 'a', logging: false } }),
      (builder) => builder.table('t', { store: 'a' }),
      'none',
    ],
    [
      'restored from its source',
      (builder) => builder.table('t', { store: 'a' }),
      (builder) => builder.table('t', { store: 'a' }),
      ['reuse.ktable.source.topics'],
    ],
  ])('says of a store that gets a changelog what an instance without its directory restores: one %s', (_, was, is, optimize) => {
    const [change] = diffTopologies(topologyOf(was, optimize), topologyOf(is)).changes;
    expect(change?.text).toContain('One without their directory restores <application id>-a-changelog as it is');
  });

  it('the remedy for a moved name keeps the state', () => {
    const before = topologyOf((builder) => {
      builder.stream('in').groupBy(first).count();
    });
    const after = topologyOf((builder) => {
      const name = 'KSTREAM-AGGREGATE-STATE-STORE-0000000002';
      builder
        .stream('in')
        .filter(() => true)
        .groupBy(first, { name })
        .count({ store: name });
    });
    expect(diffTopologies(before, after).verdict).toBe('same');
  });
});
