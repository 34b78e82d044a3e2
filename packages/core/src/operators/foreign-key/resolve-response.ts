/**
 * Last step of a foreign-key join: joins the left row with the answer, unless the row changed since it asked: then another answer is on its way.
 * Kafka Streams: `ResponseJoinProcessorSupplier`.
 */
import type { OperatorContext, Processor } from '../../processor/processor.ts';
import { refusePromise } from '../../processor/synchronous.ts';
import type { StreamRecord } from '../../record.ts';
import type { OpenTableReader, TableReader } from '../table-reader.ts';
import { type ForeignKeyJoin, valueHash } from './join.ts';
import type { Response } from './response.ts';
import type { ValueHash } from './value-hash.ts';

/** A left row and its foreign row, null in a left join that found none, made into one; null or undefined removes the row. */
export type ForeignKeyJoiner<K, V, VO, R> = (left: V, right: VO | null, key: K) => R | null | undefined;

export class ResolveResponse<K, V, KO, VO, R> implements Processor<K, Response<VO>, K, R | null> {
  readonly #join: ForeignKeyJoin<K, V, KO>;
  readonly #open: OpenTableReader<K, V>;
  readonly #joiner: ForeignKeyJoiner<K, V, VO, R>;
  #context!: OperatorContext<K, R | null>;
  #rows!: TableReader<K, V>;
  #hash!: ValueHash<V>;

  constructor(join: ForeignKeyJoin<K, V, KO>, open: OpenTableReader<K, V>, joiner: ForeignKeyJoiner<K, V, VO, R>) {
    this.#join = join;
    this.#open = open;
    this.#joiner = joiner;
  }

  init(context: OperatorContext<K, R | null>): void {
    this.#context = context;
    this.#rows = this.#open(context);
    this.#hash = valueHash(this.#join, context);
  }

  process(record: StreamRecord<K, Response<VO>>): void {
    const { key } = record;
    const { foreignValue, hash } = record.value;
    const row = this.#rows.lookup(key);
    if (hash !== (row === undefined ? null : this.#hash.of(row.value))) {
      this.#context.dropped('outdated answer of a foreign-key join');
      return;
    }
    const isJoined = row !== undefined && (foreignValue !== null || this.#join.isLeft);
    const joined = isJoined ? (this.#joiner(row.value, foreignValue, key) ?? null) : null;
    refusePromise(joined, 'the joiner');
    this.#context.forward(record.withValue(joined));
  }
}
