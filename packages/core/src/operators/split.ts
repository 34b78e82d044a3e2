/** Sends every record to the first branch whose predicate accepts it, else to the default branch if there is one. Kafka Streams: `KStreamBranch`. */
import { refusePromise } from '../processor/synchronous.ts';
import type { Processor, ProcessorContext } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import type { Predicate } from './functions.ts';

/** A branch as the splitting node sees it. */
export interface BranchTarget<K, V> {
  readonly accepts: Predicate<K, V>;
  /** Name of the child node. */
  readonly child: string;
}

export class Split<K, V> implements Processor<K, V, K, V> {
  readonly #branches: readonly BranchTarget<K, V>[];
  readonly #defaultChild: string | undefined;
  #context!: ProcessorContext<K, V>;

  constructor(branches: readonly BranchTarget<K, V>[], defaultChild: string | undefined) {
    this.#branches = branches;
    this.#defaultChild = defaultChild;
  }

  init(context: ProcessorContext<K, V>): void {
    this.#context = context;
  }

  process(record: StreamRecord<K, V>): void {
    for (const branch of this.#branches) {
      const accepted = branch.accepts(record.value, record.key);
      refusePromise(accepted, 'the predicate of a branch');
      if (accepted) {
        this.#context.forward(record, branch.child);
        return;
      }
    }
    if (this.#defaultChild !== undefined) this.#context.forward(record, this.#defaultChild);
  }
}
