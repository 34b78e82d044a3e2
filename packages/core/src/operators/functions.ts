/** The shapes of the functions that users give to operators. The value comes first, since most functions need nothing else. */

/** Decides about a record. Must depend on its arguments alone: it runs again on replay. */
export type Predicate<K, V> = (value: V, key: K) => boolean;

/** A predicate that narrows the value's type. */
export type Guard<K, V, V2 extends V> = (value: V, key: K) => value is V2;

/** Makes something of a record. */
export type Mapper<K, V, R> = (value: V, key: K) => R;

/** Does something with a record; its result is ignored. */
export type Action<K, V> = (value: V, key: K) => void;

/** A key and a value, as `map` and `flatMap` return them. */
export type KeyValuePair<K, V> = readonly [key: K, value: V];

/** The aggregate of a key that has none yet. Must return a new object each time if it is changed in place. */
export type Initializer<A> = () => A;

/** The aggregate with `value` taken in (or out); null or undefined removes the key. */
export type Aggregator<K, V, A> = (aggregate: A, value: V, key: K) => A | null | undefined;

/** Two values of a key made into one; null or undefined removes the key. */
export type Reducer<K, V> = (aggregate: V, value: V, key: K) => V | null | undefined;
