/** Computes the rows of a table with the help of stores and the task's context. Kafka Streams: `ValueTransformerWithKey`. */
import type { ProcessingContext } from './processor.ts';

/** One instance a task and use: a table that is not kept in a store makes one more for every operator that looks its rows up. */
export interface ValueTransformer<in K, in V, out V2> {
  /** Called once, before the first row. Stores are open and restored. */
  init?(context: ProcessingContext): void;
  /** The new value of a row; `value` null is a deleted or missing row, which may get a value too. Null or undefined deletes. */
  transform(value: V | null, key: K): V2 | null | undefined;
  /** Called once, when the task closes or is suspended for good. */
  close?(): void;
}

/** Creates a transformer; must return a new instance each time. */
export type ValueTransformerFactory<K, V, V2> = () => ValueTransformer<K, V, V2>;
