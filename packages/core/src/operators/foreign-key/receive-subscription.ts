/** Keeps or forgets a subscription where the foreign key lives, and passes it on. Kafka Streams: `SubscriptionReceiveProcessorSupplier`. */
import type { OperatorContext, Processor } from '../../processor/processor.ts';
import type { StreamRecord } from '../../record.ts';
import type { TableStore } from '../../stores/faces.ts';
import type { CombinedKeys } from './combined-key.ts';
import { combinedKeys, type ForeignKeyJoin } from './join.ts';
import { instructions, type Subscription } from './subscription.ts';

export class ReceiveSubscription<K, V, KO> implements Processor<KO | null, Subscription<K>, KO | null, Subscription<K>> {
  readonly #join: ForeignKeyJoin<K, V, KO>;
  #context!: OperatorContext<KO | null, Subscription<K>>;
  #keys!: CombinedKeys<KO, K>;
  #store!: TableStore<Uint8Array, Subscription<K>>;

  constructor(join: ForeignKeyJoin<K, V, KO>) {
    this.#join = join;
  }

  init(context: OperatorContext<KO | null, Subscription<K>>): void {
    this.#context = context;
    this.#keys = combinedKeys(this.#join, context);
    this.#store = context.getStateStore(this.#join.subscriptionStore);
  }

  process(record: StreamRecord<KO | null, Subscription<K>>): void {
    const foreignKey = record.key ?? null;
    const subscription = record.value;
    const { instruction, primaryKey } = subscription;
    if (foreignKey !== null) {
      const isKept = instruction === instructions.answerAlways || instruction === instructions.answerIfPresent;
      this.#store.write(this.#keys.key(foreignKey, primaryKey), isKept ? subscription : null, record.timestamp);
    } else if (instruction !== instructions.answerAlways) {
      this.#context.dropped('null foreign key');
      return;
    }
    this.#context.forward(record);
  }
}
