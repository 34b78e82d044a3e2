/** Where a topology begins. Kafka Streams: `StreamsBuilder`. */
import { TopologyError } from '../errors.ts';
import { checkedElsewhere, checkOptions, isFlag } from '../option-checks.ts';
import { readStore } from '../operators/table-reader.ts';
import { tableSource } from '../operators/table-source.ts';
import { compile } from '../topology/compile.ts';
import { Graph } from '../topology/graph.ts';
import { Names } from '../topology/names.ts';
import { type Optimization, optimizationsOf, type Optimize } from '../topology/optimizations.ts';
import type { TopologySettings } from '../topology/plan.ts';
import { SourceLineage } from '../topology/table-lineage.ts';
import type { WrapProcessor } from '../topology/checked-nodes.ts';
import type { Topology } from '../topology/topology.ts';
import type { BuildContext } from './build-context.ts';
import { GlobalKTable } from './global-ktable.ts';
import { KGroupedStream } from './kgrouped-stream.ts';
import { KGroupedTable } from './kgrouped-table.ts';
import { KStream } from './kstream.ts';
import { KTable } from './ktable.ts';
import { type Consumed, consumedOptions } from './options.ts';
import { describeSource } from './source-node.ts';
import { openCopySupplier, type ProcessorSupplier } from './processor-supplier.ts';
import { wrapping } from './processor-wrapper.ts';
import { type CopyStoreOptions, DescribedStores, type StateStoreOptions } from './state-store.ts';
import { type StoreOption, storeOptions, tableStore } from './store-options.ts';
import { checkTopologyOptions, type TopologyOptions, topologySettings } from './topology-options.ts';

export interface StreamsBuilderOptions<K, V> extends TopologyOptions<K, V> {
  /**
   * Refuse generated names of stores and internal topics, which change when operators are added upstream. KIP-1111.
   *
   * @default false
   */
  readonly requireNames?: boolean | undefined;
  /**
   * Rewritings that spare topics and stores: `'all'`, `'none'` or a list, see {@link Optimization}. They change names and numbers of internal topics, so an application
   * that is deployed cannot switch without a reset: `diffTopologies` tells what it would lose. Kafka Streams: `topology.optimization`, given to `build`.
   *
   * @default 'none'
   */
  readonly optimize?: Optimize | undefined;
}

/** `DK` and `DV` are the types of the default serdes. */
export class StreamsBuilder<DK = unknown, DV = unknown> {
  readonly #settings: TopologySettings;
  readonly #requireNames: boolean;
  readonly #optimizations: ReadonlySet<Optimization>;
  readonly #context: BuildContext;
  readonly #wrap: WrapProcessor | undefined;

  /** @throws MR_ARGUMENT_INVALID for a cache whose size is no number of bytes, MR_CONFIG_INVALID for an optimisation that does not exist. */
  constructor(options: StreamsBuilderOptions<DK, DV> = {}) {
    checkTopologyOptions(options, { requireNames: isFlag, optimize: checkedElsewhere }, 'StreamsBuilder');
    const persistence = options.persistence ?? 'persistent';
    const stores = new DescribedStores(persistence);
    this.#wrap = wrapping(options.processorWrapper, stores);
    this.#settings = topologySettings(options);
    this.#requireNames = options.requireNames ?? false;
    this.#optimizations = optimizationsOf(options.optimize);
    this.#context = {
      names: new Names(),
      graph: new Graph(),
      persistence,
      stores,
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
   * @throws MR_TOPOLOGY_INVALID for no topics, or an illegal name of the node. What a topic may be called the brokers decide, as in Kafka Streams.
   */
  stream<K = DK, V = DV>(topics: string | readonly string[] | RegExp, options: Consumed<K, V> = {}): KStream<K, V> {
    checkOptions(options, consumedOptions, 'stream');
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
   * @throws MR_TOPOLOGY_INVALID for an illegal name of the node or the store.
   */
  table<K = DK, V = DV>(topic: string, options: Consumed<K, V> & { readonly store?: StoreOption<K, V> | undefined } = {}): KTable<K, V> {
    checkOptions(options, { ...consumedOptions, store: checkedElsewhere }, 'table');
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
   * @throws MR_TOPOLOGY_INVALID for an illegal name of the node or the store.
   */
  globalTable<K = DK, V = DV>(
    topic: string,
    options: Consumed<K, V> & { readonly store?: StoreOption<K, V> | undefined } = {},
  ): GlobalKTable<K, V> {
    checkOptions(options, { ...consumedOptions, store: checkedElsewhere }, 'globalTable');
    const { graph, names, persistence } = this.#context;
    const store = storeOptions(options.store);
    if (store?.historyRetention !== undefined) {
      throw new TopologyError(`the global table of "${topic}" cannot keep history`, { details: { topic } });
    }
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
      store: tableStore(storeName, { ...store, key: keySerde, value: valueSerde, logging: false }, persistence),
    });
    return new GlobalKTable<K, V>(this.#context, readStore(storeName), store?.name);
  }

  /**
   * Adds a store that every instance keeps whole, ready before the first record is processed, and the processor that fills it from a topic. Every processor of the
   * topology may read it, unconnected; this one alone writes. The topic takes the place of a changelog: to restore the store the processor runs over it again,
   * without the records that have no key. The processor forwards nothing, schedules nothing, and there is no stream time.
   *
   * @throws MR_TOPOLOGY_INVALID for an illegal name, or if the store shall have a changelog.
   * @throws MR_ARGUMENT_INVALID if a new processor is not made each time.
   */
  addGlobalStore<K = DK, V = DV>(
    store: CopyStoreOptions,
    topic: string,
    processor: ProcessorSupplier<K, V, never, never>,
    options: Omit<Consumed<K, V>, 'offsetReset'> = {},
  ): this {
    checkOptions(options, consumedOptions, 'addGlobalStore');
    const { graph, names, stores } = this.#context;
    const create = openCopySupplier(processor, `the processor of the global store "${store.name}"`);
    const sourceName = names.suffixed(options.name, '-source', 'KSTREAM-SOURCE-');
    const name = names.named(options.name, 'KTABLE-SOURCE-');
    const source = describeSource(sourceName, topic, options);
    graph.add({ kind: 'globalStore', name, source, create, store: stores.copySpecOf(store) });
    return this;
  }

  /** Adds a store for processors, which name it in their `stores`. A store that none names is not made; the same options object may be added again. */
  addStateStore<K = DK, V = DV>(options: StateStoreOptions<K, V>): this {
    const { graph, stores } = this.#context;
    const store = stores.specOf(options);
    graph.add({ kind: 'store', name: store.name, store });
    return this;
  }

  /**
   * Checks and compiles what was built so far.
   *
   * @throws MR_TOPOLOGY_INVALID for whatever Kafka Streams refuses with a `TopologyException`.
   * @throws MR_SERDE_MISSING if a topic or store has no serde.
   * @throws MR_OPTIMIZATION_IMPOSSIBLE if repartition topics cannot be merged.
   */
  build(): Topology {
    const { defaults, graph } = this.#context;
    return compile(graph, {
      settings: this.#settings,
      defaults,
      requireNames: this.#requireNames,
      optimizations: this.#optimizations,
      wrap: this.#wrap,
    });
  }
}
