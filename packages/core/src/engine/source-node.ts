/** The node at which records enter: it only forwards; decoding is the queue's. Kafka Streams: `SourceNode`. */
import type { AnyRecord, EngineNode } from './node.ts';

export class SourceNode implements EngineNode {
  readonly name: string;
  /** Set when the task starts; a source has none before. */
  children: readonly EngineNode[] = [];

  constructor(name: string) {
    this.name = name;
  }

  process(record: AnyRecord): void {
    for (const child of this.children) child.process(record);
  }
}
