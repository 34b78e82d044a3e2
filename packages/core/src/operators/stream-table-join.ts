/**
 * Joins the records of a stream with the rows of a table as they are when the record comes, or, where the table has a history, as they were at the record's time; changes of
 * the table make no results. With a grace, records wait so long for rows that come late. A record without value is dropped, and so is one without key, unless it stays in a
 * left join. The result carries the record's timestamp (S-87 … S-92). Kafka Streams: `KStreamKTableJoinProcessor`.
 */
import { requireFunction } from './functions.ts';
import type { OperatorContext, Processor, ProcessorFactory } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import type { EvictionListener, JoinBuffer } from '../stores/buffer-faces.ts';
import type { StreamTableJoiner } from './stream-global-join.ts';
import type { OpenTableReader, TableReader } from './table-reader.ts';

class StreamTableJoin<K, V, T, R> implements Processor<K, V | null, K, R>, EvictionListener<K, V> {
  readonly #openTable: OpenTableReader<K, T>;
  readonly #joiner: StreamTableJoiner<K, V, T, R>;
  readonly #isLeft: boolean;
  readonly #bufferName: string | undefined;
  #buffer: JoinBuffer<K, V> | undefined;
  #context!: OperatorContext<K, R>;
  #table!: TableReader<K, T>;

  constructor(openTable: OpenTableReader<K, T>, joiner: StreamTableJoiner<K, V, T, R>, isLeft: boolean, bufferName: string | undefined) {
    this.#openTable = openTable;
    this.#joiner = joiner;
    this.#isLeft = isLeft;
    this.#bufferName = bufferName;
  }

  init(context: OperatorContext<K, R>): void {
    this.#context = context;
    this.#table = this.#openTable(context);
    if (this.#bufferName !== undefined) this.#buffer = context.getStateStore<JoinBuffer<K, V>>(this.#bufferName);
  }

  process(record: StreamRecord<K, V | null>): void {
    const { key } = record;
    const hasKey = key !== null && key !== undefined;
    if (record.valueIsNull || (!hasKey && !this.#isLeft)) {
      this.#context.dropped('null key or value');
      return;
    }
    // The value was compared with null.
    const joined = record as StreamRecord<K, V>;
    const buffer = this.#buffer;
    // A record without key has no row to wait for; Kafka Streams fails on it here.
    if (buffer !== undefined && hasKey && buffer.put(joined)) buffer.evictDue(this);
    else this.evicted(joined);
  }

  evicted(record: StreamRecord<K, V>): void {
    const { key } = record;
    const table = this.#table;
    const row =
      key === null || key === undefined
        ? undefined
        : table.lookupAsOf === undefined
          ? table.lookup(key)
          : table.lookupAsOf(key, record.timestamp);
    if (row === undefined && !this.#isLeft) return;
    const joined = this.#joiner(record.value, row === undefined ? null : row.value, key);
    refusePromise(joined, 'the joiner');
    this.#context.forward(record.withValue(joined));
  }
}

/** `bufferName`: store of the records that wait for the table, where the join has a grace. */
export function streamTableJoin<K, V, T, R>(
  openTable: OpenTableReader<K, T>,
  joiner: StreamTableJoiner<K, V, T, R>,
  isLeft: boolean,
  bufferName: string | undefined,
): ProcessorFactory<K, V | null, K, R> {
  requireFunction(joiner, 'the joiner');
  return () => new StreamTableJoin(openTable, joiner, isLeft, bufferName);
}
