/**
 * Joins every record with a row of a global table, by a key taken from the record. The table is read as it is at that moment: nothing orders its updates and the stream.
 * Records without a value are dropped, in an inner join also those for which the selector names no key. Kafka Streams: `KStreamGlobalKTableJoin`.
 */
import type { OperatorContext, Processor } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import { requireFunction, type Mapper } from './functions.ts';
import type { Operator } from './operator.ts';
import type { OpenTableReader, TableReader } from './table-reader.ts';

/** A record's value and the row's, null in a left join that found none, made into one. */
export type StreamTableJoiner<K, V, VT, R> = (left: V, right: VT | null, key: K) => R;

class StreamGlobalJoin<K, V, KG, VG, R> implements Processor<K, V, K, R> {
  readonly #open: OpenTableReader<KG, VG>;
  readonly #select: Mapper<K, V, KG | null | undefined>;
  readonly #joiner: StreamTableJoiner<K, V, VG, R>;
  readonly #isLeft: boolean;
  #context!: OperatorContext<K, R>;
  #table!: TableReader<KG, VG>;

  constructor(
    open: OpenTableReader<KG, VG>,
    select: Mapper<K, V, KG | null | undefined>,
    joiner: StreamTableJoiner<K, V, VG, R>,
    isLeft: boolean,
  ) {
    this.#open = open;
    this.#select = select;
    this.#joiner = joiner;
    this.#isLeft = isLeft;
  }

  init(context: OperatorContext<K, R>): void {
    this.#context = context;
    this.#table = this.#open(context);
  }

  process(record: StreamRecord<K, V>): void {
    const { key, value } = record;
    // Asked first, also without a value, as in Kafka Streams.
    const tableKey = this.#select(value, key);
    refusePromise(tableKey, 'the selector of the join');
    if (value === null || value === undefined) {
      this.#context.dropped('null value');
      return;
    }
    const hasKey = tableKey !== null && tableKey !== undefined;
    if (!hasKey && !this.#isLeft) {
      this.#context.dropped('null join key');
      return;
    }
    const row = hasKey ? this.#table.lookup(tableKey) : undefined;
    if (row === undefined && !this.#isLeft) return;
    const joined = this.#joiner(value, row === undefined ? null : row.value, key);
    refusePromise(joined, 'the joiner');
    this.#context.forward(record.withValue(joined));
  }
}

/** The prefix is that of left joins for both kinds, as in Kafka Streams. */
export function streamGlobalJoin<K, V, KG, VG, R>(
  open: OpenTableReader<KG, VG>,
  select: Mapper<K, V, KG | null | undefined>,
  joiner: StreamTableJoiner<K, V, VG, R>,
  isLeft: boolean,
): Operator<K, V, K, R> {
  requireFunction(select, 'the selector of the join');
  requireFunction(joiner, 'the joiner');
  return {
    prefix: 'KSTREAM-LEFTJOIN-',
    changesKey: false,
    // Not said to, as in Kafka Streams: the optimiser moves a repartition above this join.
    changesValue: false,
    create: () => new StreamGlobalJoin(open, select, joiner, isLeft),
  };
}
