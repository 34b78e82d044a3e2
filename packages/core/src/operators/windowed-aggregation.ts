/** What a windowed aggregation does with the records of a window, whatever the windows are: count, reduce and aggregate are the same to its processors. */
import { requireFunction, type Initializer } from './functions.ts';

/** The aggregate with `value` taken in; it is null where the window has none and the initializer gave none. Null removes the window. */
export type WindowAggregator<K, V, A> = {
  // Written as a method for its bivariance: what takes an aggregate takes the aggregate that is there.
  aggregate(aggregate: A | null, value: V, key: K): A | null | undefined;
}['aggregate'];

/** Two sessions' aggregates made one; the first is null where the initializer gave none. */
export type SessionMerger<K, A> = {
  merge(aggregate: A | null, next: A, key: K): A | null | undefined;
}['merge'];

/** Two sessions' aggregates made into one; null removes the session. */
export type Merger<K, A> = (aggregate: A, next: A, key: K) => A | null | undefined;

/** Takes a value into what a window has; null removes the window. `value` is null where the stream has such records and the windows take them. */
export type WindowReducer<K, V> = (aggregate: NonNullable<V>, value: V, key: K) => NonNullable<V> | null | undefined;

export interface Aggregation<K, V, A> {
  readonly initializer: () => A | null;
  readonly aggregator: WindowAggregator<K, V, A>;
  /** Of sessions only. */
  readonly merger: SessionMerger<K, A>;
  /** What the two are to the user, for errors. */
  readonly aggregatorName: string;
  readonly mergerName: string;
  /** False if the aggregator ignores the value: then it is not decoded. */
  readonly readsValue: boolean;
  /** Under what the operator's stream time is kept; several operators may share a store. */
  readonly timeName: (store: string) => string;
}

const timeName = (store: string): string => `${store}/time`;
const unmerged: SessionMerger<unknown, never> = (aggregate) => aggregate;

export function aggregating<K, V, A>(
  initializer: Initializer<A>,
  aggregator: (aggregate: A, value: V, key: K) => A | null | undefined,
  merger?: Merger<K, A>,
): Aggregation<K, V, A> {
  requireFunction(initializer, 'the initializer of aggregate');
  requireFunction(aggregator, 'the aggregator');
  return {
    initializer,
    aggregator,
    merger: merger ?? unmerged,
    aggregatorName: 'the aggregator',
    mergerName: 'the merger',
    readsValue: true,
    timeName,
  };
}

/** One of several aggregations that fill the same store; each has a stream time of its own, as in Kafka Streams. */
export function cogrouping<K, V, A>(aggregation: Aggregation<K, V, A>, position: number): Aggregation<K, V, A> {
  return { ...aggregation, timeName: (store) => `${store}/time-${position}` };
}

/** The first value stands as it is. */
export function reducing<K, V>(reducer: WindowReducer<K, V>): Aggregation<K, V, NonNullable<V>> {
  requireFunction(reducer, 'the reducer');
  return {
    initializer: () => null,
    // A value that is null removes what is not there.
    aggregator: (aggregate, value, key) => (aggregate === null ? (value as NonNullable<V> | null) : reducer(aggregate, value, key)),
    merger: (aggregate, next, key) => (aggregate === null ? next : reducer(aggregate, next, key)),
    aggregatorName: 'the reducer',
    mergerName: 'the reducer',
    readsValue: true,
    timeName,
  };
}

const counter: Aggregation<unknown, unknown, number> = {
  initializer: () => 0,
  aggregator: (count) => (count ?? 0) + 1,
  merger: (count, next) => (count ?? 0) + next,
  aggregatorName: 'count',
  mergerName: 'count',
  readsValue: false,
  timeName,
};

/** How many records a window has. */
export function counting<K, V>(): Aggregation<K, V, number> {
  return counter;
}
