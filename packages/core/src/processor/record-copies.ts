/**
 * Which processors hand on a copy of each record, also where nothing in it changed: in Kafka Streams all those that cannot change the key. A copy has a context of its own, so what a
 * sink below does with the bytes of the input is not seen above or beside it; only dead letters show it.
 */
const marked = new WeakSet<object>();

/** Kafka Streams makes it a `FixedKeyProcessor`. Returns it. */
export function forwardingCopies<P extends object>(processor: P): P {
  marked.add(processor);
  return processor;
}

export function forwardsCopies(processor: object): boolean {
  return marked.has(processor);
}

const fixed = new WeakSet<object>();

/** It is the user's and must not change keys, which the engine checks on what it forwards. Returns it. */
export function keepingKeys<P extends object>(processor: P): P {
  fixed.add(processor);
  return processor;
}

export function keepsKeys(processor: object): boolean {
  return fixed.has(processor);
}
