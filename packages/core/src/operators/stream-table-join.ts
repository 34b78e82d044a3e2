/**
 * Joins the records of a stream with the rows of a table as they are when the record comes; changes of the table make no results. A record without value is dropped, and so
 * is one without key, unless it stays in a left join. The result carries the record's timestamp (S-87 … S-92). Kafka Streams: `KStreamKTableJoinProcessor`.
 */
import type { OperatorContext, Processor, ProcessorFactory } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { StreamTableJoiner } from './stream-global-join.ts';
import type { OpenTableReader, TableReader } from './table-reader.ts';

class StreamTableJoin<K, V, T, R> implements Processor<K, V | null, K, R> {
  readonly #openTable: OpenTableReader<K, T>;
  readonly #joiner: StreamTableJoiner<K, V, T, R>;
  readonly #isLeft: boolean;
  #context!: OperatorContext<K, R>;
  #table!: TableReader<K, T>;

  constructor(openTable: OpenTableReader<K, T>, joiner: StreamTableJoiner<K, V, T, R>, isLeft: boolean) {
    this.#openTable = openTable;
    this.#joiner = joiner;
    this.#isLeft = isLeft;
  }

  init(context: OperatorContext<K, R>): void {
    this.#context = context;
    this.#table = this.#openTable(context);
  }

  process(record: StreamRecord<K, V | null>): void {
    const { key } = record;
    const hasKey = key !== null && key !== undefined;
    if (record.valueIsNull || (!hasKey && !this.#isLeft)) {
      this.#context.dropped('null key or value');
      return;
    }
    const row = hasKey ? this.#table.lookup(key) : undefined;
    if (row === undefined && !this.#isLeft) return;
    // The value was compared with null.
    this.#context.forward(record.withValue(this.#joiner(record.value as V, row === undefined ? null : row.value, key)));
  }
}

export function streamTableJoin<K, V, T, R>(
  openTable: OpenTableReader<K, T>,
  joiner: StreamTableJoiner<K, V, T, R>,
  isLeft: boolean,
): ProcessorFactory<K, V | null, K, R> {
  return () => new StreamTableJoin(openTable, joiner, isLeft);
}
