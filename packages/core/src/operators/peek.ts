/** Shows every record to a function: and passes it on (`peek`), or ends there (`foreach`). Kafka Streams: `KStreamPeek`, `ForeachProcessor`. */
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import { forwardingCopies } from '../processor/record-copies.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { StreamRecord } from '../record.ts';
import { requireFunction, type Action } from './functions.ts';
import type { Operator } from './operator.ts';

class Peek<K, V> implements Processor<K, V, K, V> {
  readonly #action: Action<K, V>;
  #context!: ProcessorContext<K, V>;

  constructor(action: Action<K, V>) {
    this.#action = action;
  }

  init(context: ProcessorContext<K, V>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, V>): void {
    const result: unknown = this.#action(record.value, record.key);
    if (result !== undefined) refusePromise(result, 'the action of peek');
    this.#context.forward(record);
  }
}

class Foreach<K, V> implements Processor<K, V, never, never> {
  readonly #action: Action<K, V>;

  constructor(action: Action<K, V>) {
    this.#action = action;
  }

  process(record: StreamRecord<K, V>): void {
    const result: unknown = this.#action(record.value, record.key);
    if (result !== undefined) refusePromise(result, 'the action of foreach');
  }
}

export function peek<K, V>(action: Action<K, V>): Operator<K, V, K, V> {
  requireFunction(action, 'the action of peek');
  return { prefix: 'KSTREAM-PEEK-', changesKey: false, changesValue: false, create: () => forwardingCopies(new Peek(action)) };
}

export function foreach<K, V>(action: Action<K, V>): Operator<K, V, never, never> {
  requireFunction(action, 'the action of foreach');
  return { prefix: 'KSTREAM-FOREACH-', changesKey: false, changesValue: false, create: () => new Foreach(action) };
}
