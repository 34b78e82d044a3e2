/** Builds the topology of a case: one call of the DSL an operator, in the order given. */
import { type Optimize, StreamsBuilder, type Topology, TopologyBuilder, type TopologyOptions } from '@millrace/core';
import type { Case } from '../case.ts';
import type { Present } from '../datum.ts';
import { type Json, type JsonObject, numberOf } from '../json.ts';
import type { Call, TopicTypes } from '../outputs.ts';
import { serdeOf, typeNamed } from '../value-type.ts';
import { persistenceNamed } from './materialization.ts';
import { type Building, Operation } from './operation.ts';
import { applyOperator } from './operators.ts';
import { extractorNamed } from './sources-and-sinks.ts';

/** A topology with what its functions report. */
export interface Built {
  readonly topology: Topology;
  /** Types of every topic that a sink writes; a dynamic sink adds its topics when it writes. */
  readonly outputTypes: ReadonlyMap<string, TopicTypes>;
  /** Calls of `peek` and `foreach`; emptied by whoever reads them. */
  readonly calls: Call[];
}

/** @throws CaseFormatError; and whatever the builder refuses */
export function buildTopology({ config, topology }: Case): Built {
  const building: Building = {
    // The builder's types are those of its default serdes, which are data as all else here.
    builder: newBuilder(config),
    hand: new TopologyBuilder(topologyOptions(config)),
    brought: new Map(),
    serdes: config['serdes'] !== 'none',
    nodes: new Map(),
    outputTypes: new Map(),
    calls: [],
  };
  for (const fields of topology) applyOperator(new Operation(building, fields));
  const builder = config['byHand'] === true ? building.hand : building.builder;
  return { topology: builder.build(), outputTypes: building.outputTypes, calls: building.calls };
}

function newBuilder(config: JsonObject): StreamsBuilder {
  const { explicitNames, optimize } = config;
  return new StreamsBuilder({ ...topologyOptions(config), requireNames: explicitNames === true, optimize: optimizeOf(optimize) });
}

/** What every builder takes. */
function topologyOptions(config: JsonObject): TopologyOptions<Present, Present> {
  const { cacheBytes, keySerde, store, storeFormat, timestampExtractor, valueSerde } = config;
  return {
    key: defaultSerde(keySerde),
    value: defaultSerde(valueSerde),
    persistence: persistenceNamed(store),
    storeFormat: storeFormat === 'headers' ? 'headers' : 'default',
    cacheBytes: cacheBytes === undefined ? 0 : numberOf(cacheBytes, 'cacheBytes'),
    timestampExtractor: extractorNamed(timestampExtractor),
  };
}

/** A case has Java's text, e.g. `merge.repartition.topics, single.store.self.join`. */
function optimizeOf(value: Json | undefined): Optimize {
  if (typeof value !== 'string') return value === true ? 'all' : 'none';
  if (value === 'all' || value === 'none') return value;
  // The builder judges the names.
  return value.split(/\s*,\s*/) as readonly string[] as Optimize;
}

function defaultSerde(type: Json | undefined): ReturnType<typeof serdeOf> | undefined {
  return type === undefined ? undefined : serdeOf(typeNamed(type));
}
