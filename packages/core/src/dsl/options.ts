/** The option objects of the DSL; they take the place of Kafka Streams' configuration classes of the same names. */
import { checkedElsewhere, isFunction, isSerde, isText, type OptionChecks } from '../option-checks.ts';
import type { StreamPartitioner, TimestampExtractor } from '../processor/processor.ts';
import type { Serde } from '../serde/serde.ts';
import type { OffsetReset } from '../topology/plan.ts';
import type { ConnectedStore } from './state-store.ts';

/** What every operator takes. */
export interface NodeOptions {
  /**
   * The node's name in `describe()`, metrics and errors: letters, digits, `.`, `_`, `-`. Kafka Streams: `Named`.
   *
   * @default generated from the operator and its position
   */
  readonly name?: string | undefined;
}

export const nodeOptions: OptionChecks<NodeOptions> = { name: isText };

/** How a topic is read. */
export interface Consumed<K, V> extends NodeOptions {
  /** @default the builder's `key` */
  readonly key?: Serde<K> | undefined;
  /** @default the builder's `value` */
  readonly value?: Serde<V> | undefined;
  /** @default the builder's `timestampExtractor` */
  readonly timestampExtractor?: TimestampExtractor | undefined;
  /**
   * Where to start without a committed offset.
   *
   * @default what the application says, `earliest` unless changed
   */
  readonly offsetReset?: OffsetReset | undefined;
}

export const consumedOptions: OptionChecks<Consumed<never, never>> = {
  ...nodeOptions,
  key: isSerde,
  value: isSerde,
  timestampExtractor: isFunction,
  offsetReset: checkedElsewhere,
};

/** How a topic is written. */
export interface Produced<K, V> extends NodeOptions {
  /** @default the stream's, else the builder's `key` */
  readonly key?: Serde<K> | undefined;
  /** @default the stream's, else the builder's `value` */
  readonly value?: Serde<V> | undefined;
  /** @default murmur2 of the key, as every Kafka client partitions */
  readonly partitioner?: StreamPartitioner<K, V> | undefined;
}

export const producedOptions: OptionChecks<Produced<never, never>> = {
  ...nodeOptions,
  key: isSerde,
  value: isSerde,
  partitioner: isFunction,
};

/**
 * How records are grouped.
 *
 * With options given, serdes left out are *not* inherited from the stream but are the builder's, as in Kafka Streams. Without options `groupByKey` inherits both
 * and `groupBy` that of the value.
 */
export interface Grouped<K, V> extends NodeOptions {
  readonly key?: Serde<K> | undefined;
  readonly value?: Serde<V> | undefined;
}

export const groupedOptions: OptionChecks<Grouped<never, never>> = { ...nodeOptions, key: isSerde, value: isSerde };

/** How a stream is repartitioned. `name` names the topic: `<applicationId>-<name>-repartition`. */
export interface Repartitioned<K, V> extends NodeOptions {
  /** @default the builder's `key`: unlike the value's it is not inherited from the stream, as in Kafka Streams */
  readonly key?: Serde<K> | undefined;
  /** @default the stream's, else the builder's `value` */
  readonly value?: Serde<V> | undefined;
  /** @default as many as the topics upstream have */
  readonly partitions?: number | undefined;
  readonly partitioner?: StreamPartitioner<K, V> | undefined;
}

export const repartitionedOptions: OptionChecks<Repartitioned<never, never>> = { ...producedOptions, partitions: checkedElsewhere };

/** How records are printed. */
export interface Printed<K, V> extends NodeOptions {
  /** @default the name of the node whose records are printed */
  readonly label?: string | undefined;
  /** @default `key, value` */
  readonly mapper?: { map(value: V, key: K): string }['map'] | undefined;
}

export const printedOptions: OptionChecks<Printed<never, never>> = { ...nodeOptions, label: isText, mapper: isFunction };

/** A processor's options. */
export interface ProcessOptions extends NodeOptions {
  /** Stores that the processor uses; it brings those that are described. */
  readonly stores?: readonly ConnectedStore[] | undefined;
}

export const processOptions: OptionChecks<ProcessOptions> = { ...nodeOptions, stores: checkedElsewhere };
