/** A table: the last value of every key, and the stream of its changes. Kafka Streams: `KTable`. */
import { checkOptions } from '../option-checks.ts';
import { requireFunction, type Guard, type KeyValuePair, type Mapper, type Predicate } from '../operators/functions.ts';
import type { ForeignKeyJoiner } from '../operators/foreign-key/resolve-response.ts';
import type { TableJoiner } from '../operators/table-join.ts';
import { tableMapValues } from '../operators/table-map-values.ts';
import { tableRegroup } from '../operators/table-regroup.ts';
import { tableTransformValues, transformedView } from '../operators/table-transform-values.ts';
import { mappedView } from '../operators/table-reader.ts';
import { toStream } from '../operators/to-stream.ts';
import type { ValueTransformerFactory } from '../processor/value-transformer.ts';
import type { Serde } from '../serde/serde.ts';
import type { Windowed } from '../windows/windowed.ts';
import type { TablePlace } from './build-context.ts';
import { deriveTable, filterTable } from './derived-table.ts';
import { type ForeignKeyJoinOptions, joinByForeignKey } from './foreign-key-join.ts';
import type { KGroupedTable } from './kgrouped-table.ts';
import type { KStream } from './kstream.ts';
import { type Grouped, groupedOptions, type NodeOptions, nodeOptions } from './options.ts';
import { describeOperator } from './processor-node.ts';
import { openSupplier, type ValueTransformerSupplier } from './processor-supplier.ts';
import { requiredTable } from './required-place.ts';
import { type TableOptions, tableOptions, type TransformValuesOptions, transformValuesOptions } from './store-options.ts';
import { type SuppressOptions, suppressTable, type UntilTimeLimit, type UntilWindowCloses } from './suppress.ts';
import { joinTables } from './table-join.ts';

export class KTable<out K, out V> {
  /** @internal */
  readonly place: TablePlace<K, V>;

  /** @internal */
  constructor(place: TablePlace<K, V>) {
    this.place = place;
  }

  /** Name under which the table's store can be read: the one that the user gave. */
  get queryableStoreName(): string | undefined {
    return this.place.queryableStoreName;
  }

  /** Keeps the rows that `predicate` accepts; it never sees a deleted row. Kept in a store only if `store` has a name. */
  filter<V2 extends V>(predicate: Guard<K, V, V2>, options?: TableOptions<K, V2>): KTable<K, V2>;
  filter(predicate: Predicate<K, V>, options?: TableOptions<K, V>): KTable<K, V>;
  filter(predicate: Predicate<K, V>, options: TableOptions<K, V> = {}): KTable<K, V> {
    checkOptions(options, tableOptions, 'filter');
    return filterTable(this.place, predicate, true, options);
  }

  /** Drops the rows that `predicate` accepts; it never sees a deleted row. Kept in a store only if `store` has a name. */
  filterNot(predicate: Predicate<K, V>, options: TableOptions<K, V> = {}): KTable<K, V> {
    checkOptions(options, tableOptions, 'filterNot');
    return filterTable(this.place, predicate, false, options);
  }

  /** A new value for every row; null deletes it. Kept in a store only if `store` has a name, else computed anew where needed. */
  mapValues<V2>(mapper: Mapper<K, V, V2>, options: TableOptions<K, NonNullable<V2>> = {}): KTable<K, NonNullable<V2>> {
    checkOptions(options, tableOptions, 'mapValues');
    // What the mapper returns is a value of the table or says that there is none.
    const presentOrNone = mapper as Mapper<K, V, NonNullable<V2> | null | undefined>;
    return deriveTable(this.place, options, {
      operator: tableMapValues(presentOrNone),
      view: mappedView(presentOrNone),
      valueSerde: undefined,
      probesOldValues: false,
      stores: [],
      countsUnnamedStore: true,
    });
  }

  /**
   * A new value for every row by an object that may use stores; null deletes. Unlike in `mapValues` it sees deleted rows too. Kept in a store only if `store` has a
   * name: without one it is called again wherever the old value of a row is needed, and operators that look rows up make a transformer of their own, which has no access
   * to `stores`. Name a store for the result wherever the transformer keeps state.
   *
   * @throws MR_ARGUMENT_INVALID if a new transformer is not made each time: tasks must not share one.
   */
  transformValues<V2>(
    transformer: ValueTransformerSupplier<K, V, V2>,
    options: TransformValuesOptions<K, NonNullable<V2>> = {},
  ): KTable<K, NonNullable<V2>> {
    checkOptions(options, transformValuesOptions, 'transformValues');
    const { create, stores } = openSupplier(transformer, options.stores, 'transformValues');
    // What the transformer returns is a value of the table or says that there is none.
    const createPresent = create as ValueTransformerFactory<K, V, NonNullable<V2>>;
    return deriveTable(this.place, options, {
      operator: tableTransformValues(createPresent),
      view: transformedView(createPresent),
      valueSerde: undefined,
      probesOldValues: false,
      stores,
      countsUnnamedStore: false,
    });
  }

  /**
   * Lets out one result a window, when it closes; rows that were deleted by then are left out.
   *
   * @throws MR_TOPOLOGY_INVALID where no windowed aggregation is above.
   */
  suppress(this: KTable<Windowed<unknown>, unknown>, options: UntilWindowCloses): KTable<K, V>;
  /** Lets out at most one change of a key in a time. */
  suppress(options: UntilTimeLimit): KTable<K, V>;
  suppress(options: SuppressOptions): KTable<K, V> {
    return suppressTable(this.place, options);
  }

  // The selector's form comes first: a function has a name and would pass for options.
  /** The changes of the table as a stream under new keys: the new value of a row, null where it was deleted. */
  toStream<K2>(selector: Mapper<K, V | null, K2>, options?: NodeOptions): KStream<K2, V | null>;
  /** The changes of the table as a stream: the new value of a row, null where it was deleted. */
  toStream(options?: NodeOptions): KStream<K, V | null>;
  toStream<K2>(
    selectorOrOptions: Mapper<K, V | null, K2> | NodeOptions = {},
    options: NodeOptions = {},
  ): KStream<K, V | null> | KStream<K2, V | null> {
    if (typeof selectorOrOptions !== 'object') requireFunction(selectorOrOptions, 'the selector of toStream');
    const selector = isFunction(selectorOrOptions) ? selectorOrOptions : undefined;
    const nodeOptionsGiven = isFunction(selectorOrOptions) ? options : selectorOrOptions;
    checkOptions(nodeOptionsGiven, nodeOptions, 'toStream');
    const { context, graphNode, keySerde, sources, valueSerde } = this.place;
    const operator = toStream<K, V>();
    const name = context.names.named(nodeOptionsGiven.name, operator.prefix);
    const node = context.graph.add(describeOperator(name, operator), graphNode);
    // What serves V serves V or null: serdes never see null.
    const serde = valueSerde as Serde<V | null> | undefined;
    const stream = context.stream<K, V | null>({
      context,
      name,
      graphNode: node,
      keySerde,
      valueSerde: serde,
      sources,
      repartitionRequired: false,
    });
    return selector === undefined ? stream : stream.selectKey(selector);
  }

  /** Joins rows of the same key; without a partner there is no row. Both tables must be partitioned alike. Kept in a store if `store` is given, else computed anew where needed. */
  join<VO, R>(
    other: KTable<K, VO>,
    joiner: (left: V, right: VO, key: K) => R,
    options?: TableOptions<K, NonNullable<R>>,
  ): KTable<K, NonNullable<R>>;
  /**
   * Joins every row with the row of `other` that its foreign key names; `foreignKey` takes it out of the row, null names none. Changes on either side update the
   * result. The two tables need not be partitioned alike: two internal topics carry foreign keys one way and answers the other.
   *
   * @throws MR_SERDE_MISSING if a key or a value of the two tables has no serde.
   */
  join<KO, VO, R>(
    other: KTable<KO, VO>,
    foreignKey: Mapper<K, V, NoInfer<KO> | null | undefined>,
    joiner: (left: V, right: VO, key: K) => R,
    options?: ForeignKeyJoinOptions<K, KO, NonNullable<R>>,
  ): KTable<K, NonNullable<R>>;
  join<KO, VO, R>(...call: JoinCall<K, V, KO, VO, R>): KTable<K, NonNullable<R>> {
    return joinBy(this.place, call, false);
  }

  /** As {@link join}, but a row of this table without a partner stays, joined with null. */
  leftJoin<VO, R>(
    other: KTable<K, VO>,
    joiner: (left: V, right: VO | null, key: K) => R,
    options?: TableOptions<K, NonNullable<R>>,
  ): KTable<K, NonNullable<R>>;
  /** As {@link join} by a foreign key, but a row without a foreign row stays, joined with null. */
  leftJoin<KO, VO, R>(
    other: KTable<KO, VO>,
    foreignKey: Mapper<K, V, NoInfer<KO> | null | undefined>,
    joiner: (left: V, right: VO | null, key: K) => R,
    options?: ForeignKeyJoinOptions<K, KO, NonNullable<R>>,
  ): KTable<K, NonNullable<R>>;
  leftJoin<KO, VO, R>(...call: JoinCall<K, V, KO, VO, R>): KTable<K, NonNullable<R>> {
    return joinBy(this.place, call, true);
  }

  /** As {@link join}, but rows of either table without a partner stay, joined with null. */
  outerJoin<VO, R>(
    other: KTable<K, VO>,
    joiner: (left: V | null, right: VO | null, key: K) => R,
    options: TableOptions<K, NonNullable<R>> = {},
  ): KTable<K, NonNullable<R>> {
    // What the joiner returns is a row or says that there is none.
    return joinTables(
      'outer',
      this.place,
      requiredTable(other, 'outerJoin', this.place.context),
      joiner as TableJoiner<K, V, VO, NonNullable<R>>,
      options,
    );
  }

  /**
   * Groups the rows by a new key, with new values; goes through a repartition topic always. A pair without key or value leaves the row out. Serdes are those of
   * the options, else the builder's; see {@link Grouped}.
   */
  groupBy<K2, V2>(
    selector: Mapper<K, V, KeyValuePair<K2, V2>>,
    options: Grouped<NonNullable<K2>, NonNullable<V2>> = {},
  ): KGroupedTable<NonNullable<K2>, NonNullable<V2>> {
    checkOptions(options, groupedOptions, 'groupBy');
    const { context, graphNode, lineage, sources } = this.place;
    const operator = tableRegroup(selector);
    const name = context.names.named(options.name, operator.prefix);
    const node = context.graph.add(describeOperator(name, operator), graphNode);
    lineage.requireOldValues(true);
    return context.groupedTable({
      context,
      name,
      graphNode: node,
      keySerde: options.key,
      valueSerde: options.value,
      sources,
      groupName: options.name,
    });
  }
}

/** The arguments of a join by key and of one by foreign key, whose joiner comes after the extractor. */
type KeyJoinCall<K, V, VO, R> = [
  other: KTable<K, VO>,
  joiner: (left: V, right: VO, key: K) => R,
  options?: TableOptions<K, NonNullable<R>> | undefined,
];
type ForeignKeyJoinCall<K, V, KO, VO, R> = [
  other: KTable<KO, VO>,
  foreignKey: Mapper<K, V, KO | null | undefined>,
  joiner: (left: V, right: VO, key: K) => R,
  options?: ForeignKeyJoinOptions<K, KO, NonNullable<R>> | undefined,
];
type JoinCall<K, V, KO, VO, R> = KeyJoinCall<K, V, VO, R> | ForeignKeyJoinCall<K, V, KO, VO, R>;

function isForeignKeyJoin<K, V, KO, VO, R>(call: JoinCall<K, V, KO, VO, R>): call is ForeignKeyJoinCall<K, V, KO, VO, R> {
  return typeof call[2] === 'function';
}

function joinBy<K, V, KO, VO, R>(place: TablePlace<K, V>, call: JoinCall<K, V, KO, VO, R>, isLeft: boolean): KTable<K, NonNullable<R>> {
  // A joiner is called without a right value in a left join only, and what it returns is a row or says that there is none.
  if (isForeignKeyJoin(call)) {
    const [other, foreignKey, joiner, options = {}] = call;
    return joinByForeignKey(
      place,
      requiredTable(other, 'join', place.context),
      foreignKey,
      joiner as ForeignKeyJoiner<K, V, VO, NonNullable<R>>,
      options,
      isLeft,
    );
  }
  const [other, joiner, options = {}] = call;
  return joinTables(
    isLeft ? 'left' : 'inner',
    place,
    requiredTable(other, 'join', place.context),
    joiner as TableJoiner<K, V, VO, NonNullable<R>>,
    options,
  );
}

function isFunction<F extends (...args: never[]) => unknown, O extends object>(value: F | O): value is F {
  return typeof value === 'function';
}
