/**
 * First step of a foreign-key join: every change of a left row subscribes to its foreign key, and ends the subscription to the one before. Rules of Kafka 4.1 and later
 * (S-131). Kafka Streams: `SubscriptionSendProcessorSupplier`.
 */
import type { Change } from '../../processor/change.ts';
import type { OperatorContext, Processor } from '../../processor/processor.ts';
import { refusePromise } from '../../processor/synchronous.ts';
import type { StreamRecord } from '../../record.ts';
import { ByteWriter } from '../../serde/byte-writer.ts';
import type { Serde } from '../../serde/serde.ts';
import type { Mapper } from '../functions.ts';
import type { HashText } from './hash-text.ts';
import { type ForeignKeyJoin, foreignKeySerde, valueHash } from './join.ts';
import { type Instruction, instructions, Subscription } from './subscription.ts';
import type { ValueHash } from './value-hash.ts';

export class SendSubscription<K, V, KO> implements Processor<K, Change<V>, KO | null, Subscription<K>> {
  readonly #join: ForeignKeyJoin<K, V, KO>;
  readonly #extract: Mapper<K, V, KO | null | undefined>;
  #context!: OperatorContext<KO | null, Subscription<K>>;
  #keySerde!: Serde<KO>;
  #hash!: ValueHash<V>;
  /** Answers go back to where the row is kept: this task's partition. */
  #partition = 0;
  readonly #oldBytes = new ByteWriter(64);
  readonly #newBytes = new ByteWriter(64);

  constructor(join: ForeignKeyJoin<K, V, KO>, extract: Mapper<K, V, KO | null | undefined>) {
    this.#join = join;
    this.#extract = extract;
  }

  init(context: OperatorContext<KO | null, Subscription<K>>): void {
    this.#context = context;
    this.#keySerde = foreignKeySerde(this.#join, context);
    this.#hash = valueHash(this.#join, context);
    this.#partition = Number(context.taskId.slice(context.taskId.lastIndexOf('_') + 1));
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { isLatest, newValue, oldValue } = record.value;
    if (!isLatest) {
      this.#context.dropped('out-of-order version');
      return;
    }
    if (newValue === null && oldValue === null) return;
    const { key } = record;
    const oldKey = this.#foreignKey(oldValue, key);
    const newKey = this.#foreignKey(newValue, key);
    const hash = newValue === null ? null : this.#hash.of(newValue);
    if (this.#join.isLeft) {
      if (oldKey !== null && (newKey === null || this.#differ(oldKey, newKey))) this.#send(record, oldKey, instructions.forget, hash);
      this.#send(record, newKey, instructions.answerAlways, hash);
      return;
    }
    if (newKey !== null) {
      if (oldKey === null) {
        this.#send(record, newKey, instructions.answerIfPresent, hash);
      } else if (this.#differ(oldKey, newKey)) {
        this.#send(record, oldKey, instructions.forget, hash);
        this.#send(record, newKey, instructions.answerAlways, hash);
      } else {
        this.#send(record, newKey, instructions.answerIfPresent, hash);
      }
      return;
    }
    if (newValue !== null) this.#context.dropped('null foreign key');
    if (oldKey !== null) this.#send(record, oldKey, instructions.forgetAndAnswer, hash);
  }

  #foreignKey(value: V | null, key: K): KO | null {
    if (value === null) return null;
    const foreignKey = this.#extract(value, key) ?? null;
    refusePromise(foreignKey, 'the foreign key of the join');
    return foreignKey;
  }

  #send(record: StreamRecord<K, Change<V>>, foreignKey: KO | null, instruction: Instruction, hash: HashText | null): void {
    this.#context.forward(record.withKeyValue(foreignKey, new Subscription(record.key, instruction, hash, this.#partition)));
  }

  /** By their bytes, as in Kafka Streams. */
  #differ(a: KO, b: KO): boolean {
    const serde = this.#keySerde;
    if (serde.primitive && a === b) return false;
    const [left, right] = [this.#oldBytes, this.#newBytes];
    left.position = right.position = 0;
    serde.encodeInto(a, left);
    serde.encodeInto(b, right);
    return left.position !== right.position || left.buffer.compare(right.buffer, 0, right.position, 0, left.position) !== 0;
  }
}
