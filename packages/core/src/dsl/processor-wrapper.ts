/**
 * Something around every processor of a topology, those of the operators included: measuring, tracing, failing on purpose.
 * Kafka Streams: `processor.wrapper.class`, `ProcessorWrapper` (KIP-1112).
 */
import type { Processor } from '../processor/processor.ts';
import type { StoreSpec } from '../stores/store-spec.ts';
import type { WrapProcessor } from '../topology/checked-nodes.ts';
import { openSupplier, type WithStores } from './processor-supplier.ts';
import { connectedStores, type DescribedStores } from './state-store.ts';

/** A processor of any types. What it forwards must be what the one inside would: the nodes below were built for that. */
export type WrappableProcessor = Processor<unknown, unknown, unknown, unknown>;

/**
 * Called once for every processor while the topology is built, with the name of its node. Returns a factory of what runs in its place, with stores of its own if it wants
 * some; `create` itself leaves the processor alone.
 *
 * Hand the context that `init` gets on to the processor inside as it is: operators ask more of it than its type tells.
 */
export type ProcessorWrapper = (
  name: string,
  create: () => WrappableProcessor,
) => (() => WrappableProcessor) | WithStores<() => WrappableProcessor>;

/** The wrapper as the checked nodes apply it. */
export function wrapping(wrapper: ProcessorWrapper | undefined, described: DescribedStores): WrapProcessor | undefined {
  if (wrapper === undefined) return undefined;
  return (name, create) => {
    // Its types are the node's: what is put in was made for what comes out.
    const supplier = wrapper(name, create as () => WrappableProcessor);
    const opened = openSupplier(supplier, undefined, `the wrapped processor "${name}"`);
    const { names, own } = connectedStores(opened.stores, described);
    const ownStores: readonly StoreSpec[] = own;
    return { create: opened.create, ownStores, stores: names };
  };
}
