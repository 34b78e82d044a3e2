/** Descriptions of nodes that run one operator or processor. */
import { StreamsError } from '../errors.ts';
import type { Operator } from '../operators/operator.ts';
import { PassThrough } from '../operators/pass-through.ts';
import type { AnyProcessor } from '../processor/processor.ts';
import type { StoreSpec } from '../stores/store-spec.ts';
import type { ProcessorDescription } from '../topology/graph.ts';

const plain = {
  kind: 'processor',
  stores: [],
  ownStores: [],
  changesKey: false,
  changesValue: false,
  isMerge: false,
  usesNullKeys: false,
} as const;

/** A node that runs an operator. */
export function describeOperator<KIn, VIn, KOut, VOut>(name: string, operator: Operator<KIn, VIn, KOut, VOut>): ProcessorDescription {
  const { changesKey, changesValue, create } = operator;
  return { ...plain, name, create, changesKey, changesValue };
}

/** A node that runs a processor, which the optimiser knows nothing about. */
export function describeProcessor(
  name: string,
  create: () => AnyProcessor,
  stores: readonly string[] = [],
  ownStores: readonly StoreSpec[] = [],
): ProcessorDescription {
  return { ...plain, name, create, stores, ownStores };
}

/** A node where streams come together. */
export function describeMerge<K, V>(name: string): ProcessorDescription {
  return { ...plain, name, create: () => new PassThrough<K, V>(), isMerge: true };
}

/** @throws MR_ARGUMENT_INVALID if `create` returns the same object twice: tasks must not share one. */
export function checkFactory(create: () => object, what: string): void {
  if (create() === create()) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `the function given to ${what} returned the same object twice; return a new one each time`,
    );
  }
}
