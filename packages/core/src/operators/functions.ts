/** The shapes of the functions that users give to operators. The value comes first, since most functions need nothing else. */
import { StreamsError } from '../errors.ts';
import type { Ignored } from '../processor/synchronous.ts';

/** @throws MR_ARGUMENT_INVALID for what JavaScript passes in the place of a function; Kafka Streams throws a `NullPointerException` there */
export function requireFunction(value: unknown, what: string): asserts value is (...args: never[]) => unknown {
  if (typeof value === 'function') return;
  throw new StreamsError('MR_ARGUMENT_INVALID', `${what} must be a function, got ${value === null ? 'null' : typeof value}`);
}

/** As {@link requireFunction}, for an object with methods. */
export function requireMethods(value: object, methods: readonly string[], what: string): void {
  // JavaScript may pass anything.
  const object = value as Readonly<Record<string, unknown>> | null | undefined;
  for (const method of methods) requireFunction(object?.[method], `${method} of ${what}`);
}

/** Decides about a record. Must depend on its arguments alone: it runs again on replay. */
export type Predicate<K, V> = (value: V, key: K) => boolean;

/** A predicate that narrows the value's type. */
export type Guard<K, V, V2 extends V> = (value: V, key: K) => value is V2;

/** Makes something of a record. */
export type Mapper<K, V, R> = (value: V, key: K) => R;

/** Does something with a record, before it returns; its result is ignored. A promise is refused (MR_ASYNC_RESULT). */
export type Action<K, V> = (value: V, key: K) => Ignored;

/** A key and a value, as `map` and `flatMap` return them. */
export type KeyValuePair<K, V> = readonly [key: K, value: V];

/** The aggregate of a key that has none yet. Must return a new object each time if it is changed in place. */
export type Initializer<A> = () => A;

/** The aggregate with `value` taken in (or out); null or undefined removes the key. */
export type Aggregator<K, V, A> = (aggregate: A, value: V, key: K) => A | null | undefined;

/** Two values of a key made into one; null or undefined removes the key. */
export type Reducer<K, V> = (aggregate: V, value: V, key: K) => V | null | undefined;
