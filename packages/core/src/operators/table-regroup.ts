/**
 * Gives the rows of a table a new key and value, so that they can be aggregated by that key: the first half of a table's `groupBy`. Each change becomes one that
 * takes the old row out of its group and puts the new one into its own.
 *
 * One record where both groups are the same key, by `===` as far as the language goes; else the old row leaves first. Rows that the selector gives no key or no
 * value are left out. Kafka Streams: `KTableRepartitionMap`.
 */
import { StreamsError } from '../errors.ts';
import { Change } from '../processor/change.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import { requireFunction, type KeyValuePair, type Mapper } from './functions.ts';
import type { Operator } from './operator.ts';
import { checkPair } from './map.ts';

class TableRegroup<K, V, K2, V2> implements Processor<K, Change<V>, K2, Change<V2>> {
  readonly #selector: Mapper<K, V, KeyValuePair<K2, V2>>;
  #context!: ProcessorContext<K2, Change<V2>>;

  constructor(selector: Mapper<K, V, KeyValuePair<K2, V2>>) {
    this.#selector = selector;
  }

  init(context: ProcessorContext<K2, Change<V2>>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { key } = record;
    if (key === null || key === undefined) throw new StreamsError('MR_NULL_RESULT', 'a row of the table to be grouped has no key');
    const { newValue, oldValue, isLatest } = record.value;
    // Older than the row that a versioned table has; not counted as dropped, as in Kafka Streams.
    if (!isLatest) return;
    const added = newValue === null ? null : this.#select(newValue, key);
    const removed = oldValue === null ? null : this.#select(oldValue, key);
    if (added !== null && removed !== null && added[0] === removed[0]) {
      this.#context.forward(record.withKeyValue(removed[0], new Change(added[1], removed[1])));
      return;
    }
    if (removed !== null) this.#context.forward(record.withKeyValue(removed[0], new Change<V2>(null, removed[1], isLatest)));
    if (added !== null) this.#context.forward(record.withKeyValue(added[0], new Change<V2>(added[1], null, isLatest)));
  }

  /** Null for a row that belongs to no group. */
  #select(value: V, key: K): KeyValuePair<K2, V2> | null {
    const pair: KeyValuePair<K2, V2> | null | undefined = this.#selector(value, key);
    if (pair === null || pair === undefined) return null;
    checkPair(pair, 'groupBy');
    const [newKey, newValue] = pair;
    return newKey === null || newKey === undefined || newValue === null || newValue === undefined ? null : pair;
  }
}

export function tableRegroup<K, V, K2, V2>(selector: Mapper<K, V, KeyValuePair<K2, V2>>): Operator<K, Change<V>, K2, Change<V2>> {
  requireFunction(selector, 'the selector of groupBy');
  return { prefix: 'KTABLE-SELECT-', changesKey: false, changesValue: false, create: () => new TableRegroup(selector) };
}
