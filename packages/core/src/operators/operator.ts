/**
 * What an operator is to the rest: a description that names it and makes its processor. An operator knows neither the graph it will stand in, nor its name, nor
 * the task that runs it.
 */
import type { Processor, ProcessorFactory } from '../processor/processor.ts';

/** An operator on streams. */
export interface Operator<in KIn, in VIn, out KOut, out VOut> {
  /** Generated names start with it; see `Names`. */
  readonly prefix: string;
  /** What comes out may have another key: grouping and joining it needs a repartition first. */
  readonly changesKey: boolean;
  /** What comes out may have another value; a repartition cannot be moved above it. */
  readonly changesValue: boolean;
  readonly create: ProcessorFactory<KIn, VIn, KOut, VOut>;
}

/** What the compiler found out about a table, once all operators below it are known. */
export interface TableTraits {
  /** Store that holds the table; undefined if it is only a view of its parent. */
  readonly store: string | undefined;
  readonly sendOldValues: boolean;
  /** The table that this one is computed from keeps the history of its rows, so its changes may be of former times. */
  readonly isInputVersioned?: boolean | undefined;
  /** Whether the rows that come out count as kept with their history: where they do not, every change is the latest. */
  readonly isOutputVersioned?: boolean | undefined;
}

/** An operator whose output is a table: changes of rows. */
export interface TableOperator<in KIn, in VIn, out KOut, out VOut> {
  readonly prefix: string;
  readonly create: (traits: TableTraits) => Processor<KIn, VIn, KOut, VOut>;
}
