/** Tells everybody who subscribed to a foreign key that its row changed. Kafka Streams: `ForeignTableJoinProcessorSupplier`. */
import type { Change } from '../../processor/change.ts';
import type { OperatorContext, Processor } from '../../processor/processor.ts';
import type { StreamRecord } from '../../record.ts';
import type { TimestampedKeyValueStore } from '../../stores/faces.ts';
import type { CombinedKeys } from './combined-key.ts';
import { combinedKeys, type ForeignKeyJoin } from './join.ts';
import { Response } from './response.ts';
import type { Subscription } from './subscription.ts';

export class AnswerSubscribers<K, V, KO, VO> implements Processor<KO, Change<VO>, K, Response<VO>> {
  readonly #join: ForeignKeyJoin<K, V, KO>;
  #context!: OperatorContext<K, Response<VO>>;
  #keys!: CombinedKeys<KO, K>;
  #store!: TimestampedKeyValueStore<Uint8Array, Subscription<K>>;

  constructor(join: ForeignKeyJoin<K, V, KO>) {
    this.#join = join;
  }

  init(context: OperatorContext<K, Response<VO>>): void {
    this.#context = context;
    this.#keys = combinedKeys(this.#join, context);
    this.#store = context.getStateStore(this.#join.subscriptionStore);
  }

  process(record: StreamRecord<KO, Change<VO>>): void {
    const { key } = record;
    if (key === null || key === undefined) {
      this.#context.dropped('null key');
      return;
    }
    const { isLatest, newValue } = record.value;
    if (!isLatest) {
      this.#context.dropped('out-of-order version');
      return;
    }
    for (const subscriber of this.#store.prefixScan(this.#keys.prefix(key))) {
      const { hash, primaryKey, primaryPartition } = subscriber.value.value;
      this.#context.forward(record.withKeyValue(primaryKey, new Response(hash, newValue, primaryPartition)));
    }
  }
}
