/** One case by seed and number: sources, steps, sinks, configuration, inputs. The expectation is the oracle's. */
import type { Json, JsonObject } from '#cases/json';
import type { Feature, FeatureSet } from '../features.ts';
import { Random } from '../random.ts';
import { aggregateStream, cogroupStreams } from './aggregation.ts';
import { Draft, isWindowed, sometimes } from './draft.ts';
import { madeUpInputs } from './inputs.ts';
import { joinByForeignKey, joinStreams, joinStreamWithGlobal, joinStreamWithTable, joinTables } from './joins.ts';
import { processStream, routeStream } from './processing.ts';
import { withDefaultSerdes } from './default-serdes.ts';
import { restricted } from './restrictions.ts';
import { addGlobalTable, addStream, addTable } from './sources.ts';
import {
  filterStream,
  flatMapStream,
  mapStreamValues,
  mergeStreams,
  peekStream,
  rekeyStream,
  repartitionStream,
  splitStream,
  topicBetween,
} from './stateless.ts';
import { aggregateTable, filterTable, mapTableValues, streamOfTable, suppressTable, tableOfStream, transformTable } from './tables.ts';

export interface GeneratorOptions {
  readonly seed: number;
  /** Share of the cases whose stores are of the persistent kind, from 0 to 1. */
  readonly persistent: number;
  readonly features: FeatureSet;
  /** Put into the configuration, over what is made up. */
  readonly config?: JsonObject | undefined;
}

type Step = (draft: Draft) => boolean;

const steps: readonly (readonly [weight: number, step: Step])[] = [
  [4, filterStream],
  [4, mapStreamValues],
  [4, rekeyStream],
  [2.5, flatMapStream],
  [1, peekStream],
  [1.5, mergeStreams],
  [1, splitStream],
  [0.8, repartitionStream],
  [0.5, topicBetween],
  [9, aggregateStream],
  [2, cogroupStreams],
  [2.5, filterTable],
  [2.5, mapTableValues],
  [1, transformTable],
  [3.5, aggregateTable],
  [3.5, suppressTable],
  [2, streamOfTable],
  [2, tableOfStream],
  [5, joinStreams],
  [3.5, joinStreamWithTable],
  [2, joinStreamWithGlobal],
  [4, joinTables],
  [4, joinByForeignKey],
  [4, processStream],
  [0.5, routeStream],
];

/** The same seed, number and options give the same case, whatever was generated before. */
export function generateCase({ config: given, features, persistent, seed }: GeneratorOptions, number: number): JsonObject {
  const random = new Random(seed, number);
  const draft = new Draft(random, features);
  const config = configuration(draft, persistent);
  addSources(draft);
  const wanted = random.weighted([
    [3, random.int(1, 3)],
    [5, random.int(3, 7)],
    [2, random.int(7, 14)],
  ]);
  // Some cases are about a few steps only, so that these meet each other.
  const palette = random.chance(0.5) ? steps : steps.filter(() => random.chance(0.45));
  for (let done = 0, tried = 0; done < wanted && tried < 4 * wanted && palette.length > 0; tried++) {
    if (random.weighted(palette)(draft)) done++;
  }
  addSinks(draft);
  const inputs = madeUpInputs(draft);
  const serdes = draft.has('default-serdes') && random.chance(0.07) ? withDefaultSerdes(draft) : { config: {}, topology: draft.operators };
  const parts = restricted({ config: { ...config, ...serdes.config, ...given }, topology: serdes.topology, inputs }, features);
  return { id: `fuzz/${seed}-${number}`, ...parts };
}

function addSources(draft: Draft): void {
  const { random } = draft;
  const [streams, tables] = random.weighted([
    [3, [1, 0]],
    [3, [2, 0]],
    [2, [1, 1]],
    [2, [2, 1]],
    [1.5, [1, 2]],
    [2, [0, 2]],
    [1, [2, 2]],
    [0.5, [3, 0]],
    [0.5, [0, 3]],
  ] as const);
  for (let more = streams; more > 0; more--) addStream(draft);
  for (let more = tables; more > 0; more--) addTable(draft);
  if (draft.has('global-tables') && random.chance(streams > 0 ? 0.12 : 0)) addGlobalTable(draft);
}

/** What nothing goes on from is written to a topic, so that it shows; some of the rest too. */
function addSinks(draft: Draft): void {
  const { random } = draft;
  // Streams of tables are added while this goes on: they have their sinks.
  for (const node of draft.nodes.slice()) {
    if (node.kind !== 'stream' && node.kind !== 'table') continue;
    if (draft.isUsed(node) && !random.chance(0.12)) continue;
    const types = { kind: 'stream', key: node.key, value: node.value } as const;
    const stream = node.kind === 'stream' ? node : draft.add({ op: 'toStream', in: node.id, ...draft.name() }, types);
    const format = isWindowed(node.key) ? sometimes(random, 0.25, () => ({ keyFormat: 'windowed' })) : {};
    const target: JsonObject =
      draft.has('dynamic-topics') && random.chance(0.04)
        ? {
            topicBy: random.pick<Json>([
              ['value', ['crcMod', 3]],
              ['value', 'firstChar', ['crcMod', 2]],
            ]),
            topicPrefix: draft.newId('dyn-'),
          }
        : { topic: draft.newId('out') };
    draft.end({ op: 'to', in: stream.id, ...target, ...format, ...draft.name() });
  }
}

function configuration(draft: Draft, persistent: number): JsonObject {
  const { random } = draft;
  const on = (feature: Feature, probability: number, fields: () => Readonly<Record<string, Json>>): JsonObject =>
    draft.has(feature) ? sometimes(random, probability, fields) : {};
  const store = random.chance(persistent) ? 'rocksdb' : 'inMemory';
  const cacheBytes = random.weighted([
    [10, 0],
    [2, 300],
    [1.5, 1000],
    [3, 100_000],
    [0.5, 10_485_760],
  ]);
  const explicit = on('names', 0.03, () => ({ explicitNames: true }));
  if ('explicitNames' in explicit) draft.nameChance = 0.98;
  const failing = draft.has('errors');
  return {
    store,
    ...(cacheBytes === 0 ? {} : { cacheBytes }),
    ...explicit,
    ...sometimes(random, 0.06, () => ({ guarantee: 'eos' })),
    ...sometimes(random, 0.04, () => ({ wallStartMs: random.int(1, 99) * draft.scaleMs })),
    ...sometimes(random, failing ? 0.08 : 0, () => ({ onProcessingError: 'continue' })),
    ...sometimes(random, failing ? 0.05 : 0, () => ({ onDeserializationError: 'continue' })),
    ...on('extractors', 0.02, () => ({ timestampExtractor: random.pick(['usePartitionTime', 'logAndSkip', 'failOnInvalid']) })),
    ...on('task-idle', 0.03, () => ({ maxTaskIdleMs: random.pick([1, 100]) })),
    ...on('internal-topics', 0.07, () => ({ captureInternal: true })),
    ...on('dead-letters', 0.1, () => ({ deadLetterTopic: 'dead' })),
    ...on('header-stores', 0.15, () => ({ storeFormat: 'headers' })),
    ...on('optimize', 0.35, () => ({
      optimize: random.pick<Json>([
        true,
        true,
        'all',
        'merge.repartition.topics',
        'reuse.ktable.source.topics',
        'single.store.self.join',
        'reuse.ktable.source.topics,merge.repartition.topics',
      ]),
    })),
  };
}
