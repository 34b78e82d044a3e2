/**
 * A value that is not of the serde's type: a mistake in the topology, not a failure of the serde, so the production handler does not hear of it.
 * Kafka Streams: the `ClassCastException` of a serializer, which `RecordCollectorImpl` hands on to the processor above.
 */
export class WrongTypeError extends TypeError {}

/** `what`: which serde, and what it writes. */
export function wrongType(what: string, value: unknown): WrongTypeError {
  return new WrongTypeError(`${what}, got ${describeType(value)}`);
}

/** What a value that does not fit is called in messages. */
export function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'object') return value.constructor?.name ?? 'an object';
  return `a ${typeof value}`;
}
