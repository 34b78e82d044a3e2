/** Descriptions of nodes that run one operator or processor. */
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
