/**
 * The registry as the serdes see it. Over HTTP it answers with promises, in memory at once, and then the synchronous test driver can use it.
 *
 * Every method throws, or rejects with, `MR_AVRO_SCHEMA_UNKNOWN` for what the registry does not have, `MR_AVRO_SCHEMA_REFUSED` for what it does not take, with its words,
 * `MR_AVRO_REGISTRY_REFUSED` for other refusals and `MR_AVRO_REGISTRY_UNAVAILABLE` where it does not answer.
 */
import type { Clock } from '@millrace/core';

export type MaybePromise<T> = T | Promise<T>;

/** A schema that another one names types of. */
export interface SchemaReference {
  /** Full name of the type. */
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export interface SchemaText {
  readonly schema: string;
  readonly references: readonly SchemaReference[];
}

/** A schema in its place. */
export interface SchemaVersion extends SchemaText {
  readonly id: number;
  readonly subject: string;
  readonly version: number;
}

export interface SchemaRegistry {
  schema(id: number): MaybePromise<SchemaText>;
  subjects(): MaybePromise<readonly string[]>;
  /** Ascending. */
  versions(subject: string): MaybePromise<readonly number[]>;
  version(subject: string, version: number | 'latest'): MaybePromise<SchemaVersion>;
  /** The version of a subject that has this schema. */
  lookUp(subject: string, text: SchemaText): MaybePromise<SchemaVersion>;
  /** Adds the schema if the subject does not have it. Resolves with its id. */
  register(subject: string, text: SchemaText): MaybePromise<number>;
  /** What the time of caches goes by. @default the machine's */
  readonly clock?: Clock | undefined;
}

/** Calls `use` with a value, now or when it is there. */
export function chain<T, U>(value: MaybePromise<T>, use: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then((settled: T) => use(settled)) : use(value);
}

/** One after the other. */
export function chainEach<T>(items: readonly T[], call: (item: T) => MaybePromise<void>, from = 0): MaybePromise<void> {
  for (let i = from; i < items.length; i++) {
    const pending = call(items[i] as T);
    if (pending instanceof Promise) return pending.then(() => chainEach(items, call, i + 1));
  }
  return undefined;
}

/** As `try` and `catch`, for both. */
export function attempt<T>(call: () => MaybePromise<T>, otherwise: (error: unknown) => MaybePromise<T>): MaybePromise<T> {
  try {
    const value = call();
    return value instanceof Promise ? value.catch(otherwise) : value;
  } catch (error) {
    return otherwise(error);
  }
}
