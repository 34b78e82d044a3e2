/** Puts a processor of the user's behind a stream, with the stores that it asks for. */
import { checkOptions } from '../option-checks.ts';
import { forwardingCopies, keepingKeys } from '../processor/record-copies.ts';
import type { Serde } from '../serde/serde.ts';
import { validateName } from '../topology/names.ts';
import type { StreamPlace } from './build-context.ts';
import type { KStream } from './kstream.ts';
import { type ProcessOptions, processOptions } from './options.ts';
import { describeProcessor } from './processor-node.ts';
import { openSupplier, type ProcessorSupplier } from './processor-supplier.ts';
import { connectedStores } from './state-store.ts';

/** What is known of the stream behind the processor. */
export interface BehindProcessor<K> {
  readonly keySerde?: Serde<K> | undefined;
  readonly repartitionRequired: boolean;
  /** The processor may change values alone: what it forwards are copies that keep their keys. */
  readonly copies?: boolean | undefined;
}

/** `prefix`: of the node's generated name. */
export function processStream<K, V, K2, V2>(
  place: StreamPlace<K, V>,
  processor: ProcessorSupplier<K, V, K2, V2>,
  options: ProcessOptions,
  prefix: string,
  { copies, keySerde, repartitionRequired }: BehindProcessor<K2>,
): KStream<K2, V2> {
  checkOptions(options, processOptions, 'process');
  const { create, stores } = openSupplier(processor, options.stores, 'process');
  const { context, graphNode, sources } = place;
  // A given name consumes no index here, unlike everywhere else.
  if (options.name !== undefined) validateName(options.name);
  const name = options.name ?? context.names.processor(prefix);
  const { names, own } = connectedStores(stores, context.stores);
  const made = copies === true ? (): ReturnType<typeof create> => keepingKeys(forwardingCopies(create())) : create;
  const node = context.graph.add(describeProcessor(name, made, names, own), graphNode);
  return context.stream({ context, name, graphNode: node, keySerde, valueSerde: undefined, sources, repartitionRequired });
}
