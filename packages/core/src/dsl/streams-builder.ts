/** Where a topology begins. Kafka Streams: `StreamsBuilder`. */
import { StreamsError, TopologyError } from '../errors.ts';
import { readStore } from '../operators/table-reader.ts';
import { tableSource } from '../operators/table-source.ts';
import type { TimestampExtractor } from '../processor/processor.ts';
import { failOnInvalid } from '../processor/timestamp-extractors.ts';
import type { Serde } from '../serde/serde.ts';
import type { Persistence, StoreSpec } from '../stores/store-spec.ts';
import { compile } from '../topology/compile.ts';
import { Graph, type SourceDescription } from '../topology/graph.ts';
import { copiedHashOrder } from '../topology/java-hash-order.ts';
import { Names } from '../topology/names.ts';
import { SourceLineage } from '../topology/table-lineage.ts';
import type { Topology } from '../topology/topology.ts';
import type { BuildContext } from './build-context.ts';
import { GlobalKTable } from './global-ktable.ts';
import { KGroupedStream } from './kgrouped-stream.ts';
import { KGroupedTable } from './kgrouped-table.ts';
import { KStream } from './kstream.ts';
import { KTable } from './ktable.ts';
import type { Consumed } from './options.ts';
import { type StateStoreOptions, stateStoreSpec } from './state-store.ts';
import { type StoreOption, storeOptions, tableStore } from './store-options.ts';

/** What shapes the topology and its results, whoever runs it. */
export interface StreamsBuilderOptions<K, V> {
  /** Serde of keys where an operator has none of its own. */
  readonly key?: Serde<K> | undefined;
  /** Serde of values where an operator has none of its own. */
  readonly value?: Serde<V> | undefined;
  /**
   * Whether tables are kept as persistent or in-memory stores in the sense of Kafka Streams; decides how windows expire, not which engine runs.
   *
   * @default 'persistent'
   */
  readonly persistence?: Persistence | undefined;
  /**
   * Bytes of record cache over all stores of an instance: how many updates of a key are collapsed into one between commits. 0 forwards every update.
   * Kafka Streams: `statestore.cache.max.bytes`.
   *
   * @default 10485760
   */
  readonly cacheBytes?: number | undefined;
  /**
   * Refuse generated names of stores and internal topics, which change when operators are added upstream. KIP-1111.
   *
   * @default false
   */
  readonly requireNames?: boolean | undefined;
  /** @default `timestampExtractors.failOnInvalid` */
  readonly timestampExtractor?: TimestampExtractor | undefined;
}

const defaultCacheBytes = 10 * 1024 * 1024;

/** `DK` and `DV` are the types of the default serdes. */
export class StreamsBuilder<DK = unknown, DV = unknown> {
  readonly #options: StreamsBuilderOptions<DK, DV>;
  readonly #context: BuildContext;
  /** By the options object: adding the same one again is no clash of names. */
  readonly #stores = new Map<object, StoreSpec>();

  constructor(options: StreamsBuilderOptions<DK, DV> = {}) {
    const { cacheBytes } = options;
    if (cacheBytes !== undefined && !(Number.isSafeInteger(cacheBytes) && cacheBytes >= 0)) {
      throw new StreamsError('MR_ARGUMENT_INVALID', `cacheBytes must be a whole number of bytes, got ${cacheBytes}`);
    }
    this.#options = options;
    this.#context = {
      names: new Names(),
      graph: new Graph(),
      persistence: options.persistence ?? 'persistent',
      defaults: { keySerde: options.key, valueSerde: options.value },
      stream: (place) => new KStream(place),
      table: (place) => new KTable(place),
      groupedStream: (place) => new KGroupedStream(place),
      groupedTable: (place) => new KGroupedTable(place),
    };
  }

  /**
   * Reads topics as a stream: one, several (in no promised order between them), or all whose whole name matches a pattern.
   *
   * @throws MR_TOPOLOGY_INVALID for no topics or an illegal name.
   */
  stream<K = DK, V = DV>(topics: string | readonly string[] | RegExp, options: Consumed<K, V> = {}): KStream<K, V> {
    const { graph, names } = this.#context;
    const name = names.named(options.name, 'KSTREAM-SOURCE-');
    const graphNode = graph.add(describeSource(name, topics, options));
    return new KStream<K, V>({
      context: this.#context,
      name,
      graphNode,
      keySerde: options.key,
      valueSerde: options.value,
      sources: new Set([name]),
      repartitionRequired: false,
    });
  }

  /**
   * Reads a topic as a table: the last value of every key; null deletes, records without key are dropped. Kept in a store if `store` has a name or an operator
   * below needs it.
   *
   * @throws MR_TOPOLOGY_INVALID for an illegal name.
   */
  table<K = DK, V = DV>(topic: string, options: Consumed<K, V> & { readonly store?: StoreOption<K, V> | undefined } = {}): KTable<K, V> {
    const { graph, names, persistence } = this.#context;
    const store = storeOptions(options.store);
    const keySerde = options.key ?? store?.key;
    const valueSerde = options.value ?? store?.value;
    const storeName = store?.name ?? names.store(`${topic}-`);
    const sourceName = names.suffixed(options.name, '-source', 'KSTREAM-SOURCE-');
    const name = names.named(options.name, 'KTABLE-SOURCE-');
    const lineage = new SourceLineage(storeName, store?.name !== undefined);
    const graphNode = graph.add({
      kind: 'tableSource',
      name,
      source: describeSource(sourceName, topic, { ...options, key: keySerde, value: valueSerde }),
      lineage,
      create: tableSource<K, V>('KTABLE-SOURCE-').create,
      store: tableStore(storeName, { ...store, key: keySerde, value: valueSerde }, persistence),
    });
    return new KTable<K, V>({
      context: this.#context,
      name,
      graphNode,
      keySerde,
      valueSerde,
      sources: new Set([sourceName]),
      lineage,
      queryableStoreName: store?.name,
    });
  }

  /**
   * Reads a topic as a table that every instance keeps whole, ready before the first record is processed: for joins by any key, without a repartition.
   *
   * Rows carry the records' own timestamps, whatever the timestamp extractor says, as in Kafka Streams. There is no changelog: the topic is one.
   *
   * @throws MR_TOPOLOGY_INVALID for an illegal name.
   */
  globalTable<K = DK, V = DV>(
    topic: string,
    options: Consumed<K, V> & { readonly store?: StoreOption<K, V> | undefined } = {},
  ): GlobalKTable<K, V> {
    const { graph, names, persistence } = this.#context;
    const store = storeOptions(options.store);
    const keySerde = options.key ?? store?.key;
    const valueSerde = options.value ?? store?.value;
    const storeName = store?.name ?? names.store(`${topic}-`);
    const sourceName = names.suffixed(options.name, '-source', 'KSTREAM-SOURCE-');
    const name = names.named(options.name, 'KTABLE-SOURCE-');
    graph.add({
      kind: 'globalStore',
      name,
      source: describeSource(sourceName, topic, { ...options, key: keySerde, value: valueSerde }),
      create: () => tableSource<K, V>('KTABLE-SOURCE-').create({ store: storeName, sendOldValues: false }),
      store: tableStore(storeName, { ...store, key: keySerde, value: valueSerde, caching: false, logging: false }, persistence),
    });
    return new GlobalKTable<K, V>(readStore(storeName), store?.name);
  }

  /** Adds a store for processors, which name it in their `stores`. A store that none names is not made; the same options object may be added again. */
  addStateStore<K = DK, V = DV>(options: StateStoreOptions<K, V>): this {
    const { graph, persistence } = this.#context;
    const store = this.#stores.get(options) ?? stateStoreSpec(options, persistence);
    this.#stores.set(options, store);
    graph.add({ kind: 'store', name: options.name, store });
    return this;
  }

  /**
   * Checks and compiles what was built so far.
   *
   * @throws MR_TOPOLOGY_INVALID for whatever Kafka Streams refuses with a `TopologyException`.
   * @throws MR_SERDE_MISSING if a topic or store has no serde.
   */
  build(): Topology {
    const { cacheBytes, requireNames, timestampExtractor } = this.#options;
    return compile(this.#context.graph, {
      settings: { cacheBytes: cacheBytes ?? defaultCacheBytes, timestampExtractor: timestampExtractor ?? failOnInvalid },
      defaults: this.#context.defaults,
      requireNames: requireNames ?? false,
    });
  }
}

function describeSource<K, V>(name: string, topics: string | readonly string[] | RegExp, options: Consumed<K, V>): SourceDescription {
  const list = typeof topics === 'string' ? [topics] : topics instanceof RegExp ? [] : topics;
  if (!(topics instanceof RegExp) && list.length === 0)
    throw new TopologyError('a stream needs at least one topic', { details: { node: name } });
  const { offsetReset } = options;
  if (typeof offsetReset === 'object' && !(Number.isSafeInteger(offsetReset.byDurationMs) && offsetReset.byDurationMs >= 0)) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `offsetReset.byDurationMs must be whole milliseconds from 0 on, got ${offsetReset.byDurationMs}`,
    );
  }
  return {
    kind: 'source',
    name,
    topics: copiedHashOrder(list),
    pattern: topics instanceof RegExp ? topics : undefined,
    keySerde: options.key,
    valueSerde: options.value,
    timestampExtractor: options.timestampExtractor,
    offsetReset,
  };
}
