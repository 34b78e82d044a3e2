/** The generator makes valid cases, the same ones for the same seed, with everything in them that it has switches for. */
import { expect, it } from 'vitest';
import { caseFromJson } from '#cases/case';
import { buildTopology } from '#cases/interpreter/build-topology';
import { CaseFormatError, type JsonObject } from '#cases/json';
import { Coverage } from '../src/coverage.ts';
import { defaultFeatures, features, featuresFrom } from '../src/features.ts';
import { generateCase, type GeneratorOptions } from '../src/generator/generate.ts';

const all: GeneratorOptions = { seed: 7, persistent: 0.5, features: new Set(features) };

function generated(count: number, options: GeneratorOptions = all): readonly JsonObject[] {
  return Array.from({ length: count }, (_, number) => generateCase(options, number));
}

it('the same seed and number give the same case, whatever was generated before', () => {
  const inOrder = generated(40);
  const backwards = Array.from({ length: 40 }, (_, number) => generateCase(all, 39 - number)).reverse();
  expect(backwards).toEqual(inOrder);
});

it('other seeds and other numbers give other cases', () => {
  const bodies = [1, 2, 3].flatMap((seed) => generated(40, { ...all, seed }).map(({ id: _id, ...body }) => JSON.stringify(body)));
  expect(new Set(bodies).size).toBe(bodies.length);
});

/** What the DSL refuses is a case too, since Kafka Streams has to refuse the same; what the interpreter cannot read is none. */
it('every case is one that the interpreter can read', () => {
  let built = 0;
  for (const json of generated(600)) {
    const testCase = caseFromJson({ ...json, expect: {} });
    try {
      buildTopology(testCase);
      built++;
    } catch (error) {
      if (error instanceof CaseFormatError) expect.fail(`${testCase.id}: ${error.message}`);
    }
  }
  // Most are accepted: a refused topology compares little.
  expect(built).toBeGreaterThan(500);
});

it('ids, names of stores and topics to write are there once each', () => {
  for (const { id, topology } of generated(200) as readonly { id: string; topology: readonly JsonObject[] }[]) {
    const ids = topology.flatMap((operator) => (operator['id'] === undefined ? [] : [operator['id']]));
    expect(new Set(ids).size, id).toBe(ids.length);
    const written = topology.flatMap(({ op, topic }) => (op === 'to' && topic !== undefined ? [topic] : []));
    expect(new Set(written).size, id).toBe(written.length);
  }
});

it('fields that are given are in the configuration of every case', () => {
  const cases = generated(20, { ...all, config: { given: 77 } });
  expect(cases.map(({ config }) => (config as JsonObject)['given'])).toEqual(cases.map(() => 77));
});

it.each([0, 1])('a share of %d persistent stores is held', (persistent) => {
  const kinds = generated(50, { ...all, persistent }).map(({ config }) => (config as JsonObject)['store']);
  expect(new Set(kinds)).toEqual(new Set([persistent === 1 ? 'rocksdb' : 'inMemory']));
});

const expected = {
  operators: [
    'stream',
    'table',
    'globalTable',
    'to',
    'store',
    'filter',
    'filterNot',
    'mapValues',
    'map',
    'selectKey',
    'flatMap',
    'flatMapValues',
    'peek',
    'foreach',
    'merge',
    'split',
    'repartition',
    'toTable',
    'toStream',
    'groupByKey',
    'groupBy',
    'cogroup',
    'windowedBy',
    'count',
    'reduce',
    'aggregate',
    'suppress',
    'ssJoin',
    'stJoin',
    'gtJoin',
    'ttJoin',
    'fkJoin',
    'process',
    'processValues',
    'transformValues',
  ],
  joins: [
    'ssJoin kind=inner',
    'ssJoin kind=left',
    'ssJoin kind=outer',
    'ssJoin before',
    'ssJoin after',
    'ssJoin grace',
    'ssJoin storeName',
    'ssJoin store=inMemory',
    'ssJoin withKey',
    'ssJoin suppliers',
    'stJoin kind=inner',
    'stJoin kind=left',
    'stJoin graceMs',
    'gtJoin kind=inner',
    'gtJoin kind=left',
    'ttJoin kind=inner',
    'ttJoin kind=left',
    'ttJoin kind=outer',
    'fkJoin kind=inner',
    'fkJoin kind=left',
    'fkJoin withKey',
  ],
  windows: [
    'window time',
    'window time size',
    'window time advance',
    'window time grace',
    'window sliding',
    'window sliding grace',
    'window session',
    'window session grace',
    'window unlimited',
    'windowedBy emit=onWindowClose',
    'windowedBy emit=onWindowUpdate',
    'suppress until=windowClose',
    'suppress until=timeLimit',
    'suppress full=shutDown',
    'suppress full=emitEarly',
    'suppress logging=false',
    'suppress maxRecords',
    'suppress maxBytes',
    'aggregate merger',
  ],
  stores: [
    'table mat.versionedMs',
    'table mat.segmentMs',
    'transformValues mat.versionedMs',
    'fkJoin mat.versionedMs',
    'toTable mat.versionedMs',
    'aggregate mat.retentionMs',
    'count mat.supplier=rocksdb',
    'count mat.supplier=inMemory',
    'count mat.supplier=lru',
    'count mat.caching=true',
    'count mat.caching=false',
    'count mat.logging=false',
    'count mat.store=inMemory',
    'config store="rocksdb"',
    'config store="inMemory"',
    'store kind=window',
    'store kind=session',
    'store kind=versioned',
    'store kind=lru',
    'config cacheBytes=300',
    'config cacheBytes=1000',
    'config cacheBytes=100000',
    'config cacheBytes=10485760',
  ],
  processors: [
    'processor dedup',
    'processor headers',
    'processor shiftTs',
    'processor repeat',
    'processor context',
    'processor lookup',
    'processor throwIf',
    'processor route',
    'processor sum',
    'processor sum time=wall',
    'processor sum time=stream',
    'processor sum cancelAfter',
    'processor prefixScan',
    'processor rangeScan',
    'processor windowPut',
    'processor sessionPut',
    'processor versionedPut',
    'processor countCalls',
    'processor withKey',
  ],
  handlers: [
    'config onProcessingError="continue"',
    'config onDeserializationError="continue"',
    'config deadLetterTopic="dead"',
    'config storeFormat="headers"',
    'config optimize=true',
    'config optimize="single.store.self.join"',
    'config guarantee="eos"',
    'config captureInternal=true',
    'config explicitNames=true',
    'function throwIf',
    'config keySerde="utf8"',
    'aggregate serdes',
    'ssJoin serdes',
    'config maxTaskIdleMs=100',
    'map nullPair',
    'stream offsetReset',
    'stream timestampExtractor=fromValue',
    'stream timestampExtractor=logAndSkip',
  ],
  functions: [
    'function nullIf',
    'function firstChar',
    'function crcMod',
    'function both',
    'function const',
    'function concat',
    'function concatKey',
    'function left',
    'function right',
    'function sumI64',
    'function minI64',
    'function maxI64',
    'function countI64',
    'function bagAdd',
    'function bagRemove',
    'function first',
    'function last',
    'function append',
    'function toNull',
    'function innerKey',
    'function windowStart',
    'function chars',
    'function split',
    'function repeat',
    'function parseI64',
    'function len',
    'function bytes',
  ],
  inputs: [
    'null key',
    'null value',
    'headers',
    'late record',
    'equal timestamps',
    'wall clock',
    'read get',
    'read range',
    'read reverseRange',
    'read all',
    'read prefixScan',
    'read getAsOf',
    'read fetchAt',
    'read fetch',
    'read backwardFetch',
    'read fetchAll',
    'read fetchRange',
    'read findSessions',
    'read fetchSession',
  ],
  times: [
    ...['time', 'sliding', 'session', 'join'].flatMap((what) =>
      ['-1', '0', '+1'].flatMap((beside) => [
        `time ${what} grace late ${beside}`,
        `time ${what} retention late ${beside}`,
        `time ${what} close late ${beside}`,
      ]),
    ),
    ...['time', 'sliding', 'session', 'join'].flatMap((what) =>
      ['-1', '0', '+1'].map((beside) => `time ${what} segment boundary ${beside}`),
    ),
    ...['-1', '0', '+1'].flatMap((beside) => [
      `time time advance boundary ${beside}`,
      `time join before late ${beside}`,
      `time join after late ${beside}`,
      `time suppress limit ahead ${beside}`,
      `time history late ${beside}`,
      `time punctuation ahead ${beside}`,
      `time ttl ahead ${beside}`,
    ]),
  ],
} as const;

const coverage = new Coverage();
for (const testCase of generated(4000)) coverage.add(testCase);

it.each(Object.entries(expected))('%s are covered, each at least thrice in 4,000 cases', (_area, things) => {
  expect(things.filter((thing) => coverage.count(thing) < 3)).toEqual([]);
});

it('a feature that is switched off does not come', () => {
  const without = new Coverage();
  for (const testCase of generated(300, {
    ...all,
    features: featuresFrom(['no-fk-joins', 'no-versioned', 'no-suppress', 'no-processors', 'no-nulls']),
  }))
    without.add(testCase);
  const found = without.entries().map(([thing]) => thing);
  expect(found.filter((thing) => /^(fkJoin|suppress|(process|processValues)( |$)|null key|null value)|versioned/.test(thing))).toEqual([]);
});

it('features are added, taken away and chosen alone', () => {
  expect(featuresFrom(['dead-letters']).has('dead-letters')).toBe(true);
  expect([...featuresFrom(['no-types'])]).toEqual([...defaultFeatures].filter((feature) => feature !== 'types'));
  expect([...featuresFrom(['only-windows', 'only-suppress', 'no-suppress'])]).toEqual(['windows']);
  expect(() => featuresFrom(['no-such'])).toThrow(RangeError);
});
