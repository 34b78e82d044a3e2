/**
 * A processor that brings its stores: what makes one reusable, since whoever adds it need not know what it keeps.
 * Kafka Streams: `ProcessorSupplier`, `FixedKeyProcessorSupplier` and `ValueTransformerWithKeySupplier` with `ConnectedStoreProvider.stores()` (KIP-401).
 */
import { describeValue, StreamsError, TopologyError } from '../errors.ts';
import { requireFunction } from '../operators/functions.ts';
import { checkedElsewhere, checkOptions, type OptionChecks } from '../option-checks.ts';
import type { FixedKeyProcessorFactory } from '../processor/fixed-key-processor.ts';
import type { ProcessorFactory } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { ValueTransformerFactory } from '../processor/value-transformer.ts';
import type { ConnectedStore } from './state-store.ts';

/** A factory together with the stores that what it makes uses. */
export interface WithStores<out C extends () => object> {
  /** Must return a new instance each time. */
  readonly create: C;
  /** Connected wherever the processor is added, beside those that are named there. */
  readonly stores?: readonly ConnectedStore[] | undefined;
}

/** How a processor is given: the function that makes it, or that function and the stores it brings. */
export type ProcessorSupplier<KIn, VIn, KOut, VOut> =
  | ProcessorFactory<KIn, VIn, KOut, VOut>
  | WithStores<ProcessorFactory<KIn, VIn, KOut, VOut>>;

/** As {@link ProcessorSupplier}, for processors that leave the key alone. */
export type FixedKeyProcessorSupplier<KIn, VIn, VOut> =
  | FixedKeyProcessorFactory<KIn, VIn, VOut>
  | WithStores<FixedKeyProcessorFactory<KIn, VIn, VOut>>;

/** As {@link ProcessorSupplier}, for the rows of a table. */
export type ValueTransformerSupplier<K, V, V2> = ValueTransformerFactory<K, V, V2> | WithStores<ValueTransformerFactory<K, V, V2>>;

const supplierOptions: OptionChecks<WithStores<() => object>> = {
  create: checkedElsewhere,
  stores: (value, what) => {
    if (!Array.isArray(value))
      throw new StreamsError('MR_ARGUMENT_INVALID', `${what} must be a list of stores, got ${describeValue(value)}`);
  },
};

/**
 * Parts factory and stores, those of the operator's options behind those that the processor brings.
 *
 * @throws MR_ARGUMENT_INVALID if something else is brought; if the factory is none, returns no object, or the same one twice: tasks must not share one; MR_ASYNC_RESULT if it returns a promise.
 */
export function openSupplier<C extends () => object>(
  supplier: C | WithStores<C>,
  stores: readonly ConnectedStore[] | undefined,
  what: string,
): { readonly create: C; readonly stores: readonly ConnectedStore[] } {
  if (isPlainObject(supplier)) checkOptions(supplier, supplierOptions, `the supplier of ${what}`);
  const create = typeof supplier === 'function' ? supplier : (supplier as WithStores<C> | null | undefined)?.create;
  requireFunction(create, what);
  checkFactory(create, what);
  const own = typeof supplier === 'function' ? [] : (supplier.stores ?? []);
  return { create, stores: [...own, ...(stores ?? [])] };
}

/**
 * The factory of a processor that fills a store from a topic.
 *
 * @throws MR_ARGUMENT_INVALID as {@link openSupplier}; MR_TOPOLOGY_INVALID if it brings stores: the one that it keeps is given beside it.
 */
export function openCopySupplier<K, V>(
  supplier: ProcessorSupplier<K, V, never, never>,
  what: string,
): ProcessorFactory<K, V, never, never> {
  const { create, stores } = openSupplier(supplier, undefined, what);
  if (stores.length > 0) throw new TopologyError(`${what} brings stores, but it can keep only the one that is given beside it`);
  return create;
}

/** An instance of a class of the user's may have more than what is asked of it. */
function isPlainObject(supplier: unknown): boolean {
  return typeof supplier === 'object' && supplier !== null && Object.getPrototypeOf(supplier) === Object.prototype;
}

/** @throws MR_ARGUMENT_INVALID if `create` returns no object, or the same one twice: tasks must not share one; MR_ASYNC_RESULT if it returns a promise. */
function checkFactory(create: () => object, what: string): void {
  // A class cannot be called.
  if (/^class\b/.test(Function.prototype.toString.call(create))) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `${what} needs a function that makes a processor, got a class: pass () => new ${create.name || 'YourProcessor'}()`,
    );
  }
  if (madeBy(create, what) === madeBy(create, what)) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `the function given to ${what} returned the same object twice; return a new one each time`,
    );
  }
}

/** JavaScript may return anything, most often nothing: braces without `return`. */
function madeBy(create: () => unknown, what: string): object {
  const made = create();
  refusePromise(made, `the function given to ${what}`);
  if (typeof made === 'object' && made !== null) return made;
  throw new StreamsError(
    'MR_ARGUMENT_INVALID',
    `the function given to ${what} must return a new object each time, got ${describeValue(made)}: with braces it needs a return, as in () => { return new YourProcessor(); }`,
  );
}
