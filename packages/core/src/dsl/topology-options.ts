/** Options that every builder of topologies takes. */
import { StreamsError } from '../errors.ts';
import { checkedElsewhere, checkOptions, isFunction, isSerde, oneOf, type OptionCheck, type OptionChecks } from '../option-checks.ts';
import type { TimestampExtractor } from '../processor/processor.ts';
import { failOnInvalid } from '../processor/timestamp-extractors.ts';
import type { Serde } from '../serde/serde.ts';
import type { Persistence, StoreFormat } from '../stores/store-spec.ts';
import type { TopologySettings } from '../topology/plan.ts';
import type { ProcessorWrapper } from './processor-wrapper.ts';
import { isPersistence } from './store-settings.ts';

/** What shapes the topology and its results, whoever runs it. */
export interface TopologyOptions<K, V> {
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
   * How tables and joins are kept on disk: `headers` leaves room for the headers of records in every row, which joins of streams then keep; tables write none.
   * Kafka Streams: `dsl.store.format` (KIP-1285).
   *
   * @default 'default'
   */
  readonly storeFormat?: StoreFormat | undefined;
  /** @default `timestampExtractors.failOnInvalid` */
  readonly timestampExtractor?: TimestampExtractor | undefined;
  /** Put around every processor, operators included; sources and sinks have none. @default none */
  readonly processorWrapper?: ProcessorWrapper | undefined;
}

const topologyOptions: OptionChecks<TopologyOptions<never, never>> = {
  key: isSerde,
  value: isSerde,
  persistence: isPersistence,
  cacheBytes: checkedElsewhere,
  storeFormat: oneOf('default', 'headers'),
  timestampExtractor: isFunction,
  processorWrapper: isFunction,
};

/** @throws MR_ARGUMENT_INVALID for options that there are not, beside those of the builder alone. */
export function checkTopologyOptions(options: object, own: Readonly<Record<string, OptionCheck>>, builder: string): void {
  checkOptions(options, { ...topologyOptions, ...own }, builder);
}

const defaultCacheBytes = 10 * 1024 * 1024;

/** @throws MR_ARGUMENT_INVALID for a cache whose size is no number of bytes. */
export function topologySettings<K, V>({ cacheBytes, storeFormat, timestampExtractor }: TopologyOptions<K, V>): TopologySettings {
  if (cacheBytes !== undefined && !(Number.isSafeInteger(cacheBytes) && cacheBytes >= 0)) {
    throw new StreamsError('MR_ARGUMENT_INVALID', `cacheBytes must be a whole number of bytes, got ${cacheBytes}`);
  }
  return {
    cacheBytes: cacheBytes ?? defaultCacheBytes,
    storeFormat: storeFormat ?? 'default',
    timestampExtractor: timestampExtractor ?? failOnInvalid,
  };
}
