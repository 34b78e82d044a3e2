/** Answers a subscription with the foreign row as it is now. Kafka Streams: `SubscriptionJoinProcessorSupplier`. */
import type { Processor, ProcessorContext } from '../../processor/processor.ts';
import type { StreamRecord } from '../../record.ts';
import type { OpenTableReader, TableReader } from '../table-reader.ts';
import { Response } from './response.ts';
import { instructions, type Subscription } from './subscription.ts';

export class AnswerSubscription<K, KO, VO> implements Processor<KO | null, Subscription<K>, K, Response<VO>> {
  readonly #open: OpenTableReader<KO, VO>;
  #context!: ProcessorContext<K, Response<VO>>;
  #foreign!: TableReader<KO, VO>;

  constructor(open: OpenTableReader<KO, VO>) {
    this.#open = open;
  }

  init(context: ProcessorContext<K, Response<VO>>): void {
    this.#context = context;
    this.#foreign = this.#open(context);
  }

  process(record: StreamRecord<KO | null, Subscription<K>>): void {
    const { hash, instruction, primaryKey, primaryPartition } = record.value;
    const foreignKey = record.key ?? null;
    // Also where nobody is answered: an LRU store and a record cache keep what was read.
    const row = foreignKey === null ? undefined : this.#foreign.lookup(foreignKey);
    if (instruction === instructions.forget) return;
    if (instruction === instructions.answerIfPresent && row === undefined) return;
    const value = row === undefined || instruction === instructions.forgetAndAnswer ? null : row.value;
    const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp);
    this.#context.forward(record.withKeyValueAt(primaryKey, new Response(hash, value, primaryPartition), timestamp));
  }
}
