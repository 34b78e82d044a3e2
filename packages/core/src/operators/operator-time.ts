/**
 * The stream time of one operator: the largest timestamp that it has seen, which decides what is late (S-31). Kept over restarts, so that a restart drops what no restart
 * would have; Kafka Streams starts anew.
 */
import type { OperatorContext } from '../processor/processor.ts';

export class OperatorTime {
  /** -1 before the first record. */
  observed: number;

  /** `name` tells it apart from other times of the task. */
  constructor(context: OperatorContext<never, never>, name: string) {
    this.observed = context.keepTime(name, () => this.observed);
  }

  /** Takes a record's timestamp in. */
  observe(timestamp: number): void {
    if (timestamp > this.observed) this.observed = timestamp;
  }
}
