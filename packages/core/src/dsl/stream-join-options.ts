/** How two streams are joined, and the stores that come of it. Kafka Streams: `StreamJoined`, `StreamJoinedStoreFactory`, `OuterStreamJoinStoreFactory`. */
import { StreamsError } from '../errors.ts';
import type { JoinKind } from '../operators/table-join.ts';
import { checkedElsewhere, checkOptions, isFlag, isLogging, isSerde, isText, type OptionChecks, shown } from '../option-checks.ts';
import type { Serde } from '../serde/serde.ts';
import type { OuterJoinStoreSpec, Persistence, WindowStoreSpec } from '../stores/store-spec.ts';
import type { Duration } from '../time.ts';
import { validateName } from '../topology/names.ts';
import { JoinWindows } from '../windows/join-windows.ts';
import { windowDuration } from '../windows/window-duration.ts';
import { type NodeOptions, nodeOptions } from './options.ts';
import { isPersistence, loggingOf } from './store-settings.ts';

/** Options of a join of two streams. `name` also names the repartition topics, where they are needed. */
export interface StreamJoined<K, L, R> extends NodeOptions {
  /** Which records meet: `joinWindows({ difference: '5m', grace: '1m' })`. */
  readonly windows: JoinWindows;
  /** For stores and repartition topics. @default the builder's `key`: it is not inherited from the streams for the stores, as in Kafka Streams */
  readonly key?: Serde<K> | undefined;
  /** Of the left stream. @default as for the key */
  readonly value?: Serde<L> | undefined;
  /** Of the right stream. @default as for the key */
  readonly otherValue?: Serde<R> | undefined;
  /** The base name of the join's stores, or their options. */
  readonly store?: string | StreamJoinStoreOptions | undefined;
}

/** Options of the two or three stores of a join. */
export interface StreamJoinStoreOptions {
  /** Base of the stores' names: `<name>-this-join-store`, `<name>-other-join-store` and so on. @default generated */
  readonly name?: string | undefined;
  /** @default the builder's */
  readonly persistence?: Persistence | undefined;
  /** False: no changelogs. An object: configuration of the changelog topics on top of the defaults. @default true */
  readonly logging?: boolean | Readonly<Record<string, string>> | undefined;
  /** Stores described one by one; they must fit the windows. Kafka Streams: `withThisStoreSupplier`, `withOtherStoreSupplier`. */
  readonly supplied?: { readonly this?: SuppliedJoinStore | undefined; readonly other?: SuppliedJoinStore | undefined } | undefined;
}

/** A store of one side; always logged. */
export interface SuppliedJoinStore {
  readonly name: string;
  /** Must be before, after and grace of the windows together. */
  readonly retention: Duration;
  /** Must be before and after of the windows together. */
  readonly windowSize: Duration;
  /** Must be true. @default true */
  readonly retainDuplicates?: boolean | undefined;
  /** @default persistent */
  readonly persistence?: Persistence | undefined;
}

const suppliedOptions: OptionChecks<SuppliedJoinStore> = {
  name: isText,
  retention: checkedElsewhere,
  windowSize: checkedElsewhere,
  retainDuplicates: isFlag,
  persistence: isPersistence,
};

const joinStoreChecks: OptionChecks<StreamJoinStoreOptions> = {
  name: isText,
  persistence: isPersistence,
  logging: isLogging,
  supplied: (supplied, what) => checkOptions(supplied, { this: isSupplied, other: isSupplied }, what),
};

function isSupplied(store: unknown, what: string): void {
  checkOptions(store, suppliedOptions, what);
}

const streamJoinedOptions: OptionChecks<StreamJoined<never, never, never>> = {
  ...nodeOptions,
  windows: checkedElsewhere,
  key: isSerde,
  value: isSerde,
  otherValue: isSerde,
  store: checkedElsewhere,
};

/** @throws MR_ARGUMENT_INVALID if JavaScript left out the windows, gave others, or options that there are not. */
export function checkJoined(options: { readonly windows?: JoinWindows | undefined } | undefined): void {
  const windows: unknown = options?.windows;
  // Of another kind they have none of the measures, and no two records would meet.
  if (!(windows instanceof JoinWindows)) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `a join of two streams needs windows: { windows: joinWindows({ difference: '5m' }) }, got ${shown(windows)}`,
    );
  }
  checkOptions(options, streamJoinedOptions, 'join');
}

export function joinStoreOptions(option: string | StreamJoinStoreOptions | undefined): StreamJoinStoreOptions {
  const options = typeof option === 'string' ? { name: option } : (option ?? {});
  checkOptions(options, joinStoreChecks, 'the stores of join');
  if (options.name !== undefined) validateName(options.name);
  return options;
}

/** @throws MR_ARGUMENT_INVALID for a supplied store that keeps windows for less than they are long; MR_STORE_UNAVAILABLE for supplied stores of one name, or such that do not fit the windows. */
export function checkJoinStores({ supplied }: StreamJoinStoreOptions, windows: JoinWindows): void {
  if (supplied === undefined) return;
  // A store that cannot be is refused before it is looked at what it is for, as Java's suppliers do it.
  for (const store of [supplied.this, supplied.other]) if (store !== undefined) checkMeasures(store);
  if (supplied.this !== undefined && supplied.this.name === supplied.other?.name) {
    throw unfit(supplied.this.name, 'both sides of the join have a store of this name; give each its own');
  }
  for (const store of [supplied.this, supplied.other]) if (store !== undefined) checkSupplied(store, windows);
}

function checkSupplied(store: SuppliedJoinStore, windows: JoinWindows): void {
  if (store.retainDuplicates === false) throw unfit(store.name, 'it must retain duplicates: records of one key and time are all joined');
  const { retentionMs, windowSizeMs } = measures(store);
  const { graceMs, sizeMs } = windows;
  if (retentionMs === sizeMs + graceMs && windowSizeMs === sizeMs) return;
  throw unfit(
    store.name,
    `its retention (${retentionMs} ms) and window size (${windowSizeMs} ms) must be those of the join windows: ${sizeMs + graceMs} ms and ${sizeMs} ms`,
  );
}

function checkMeasures(store: SuppliedJoinStore): void {
  const { retentionMs, windowSizeMs } = measures(store);
  if (retentionMs >= windowSizeMs) return;
  throw new StreamsError(
    'MR_ARGUMENT_INVALID',
    `retention of the store "${store.name}" (${retentionMs} ms) must not be less than its window size (${windowSizeMs} ms): its windows would expire while they are open`,
    { details: { store: store.name } },
  );
}

function unfit(store: string, reason: string): StreamsError {
  return new StreamsError('MR_STORE_UNAVAILABLE', `the store "${store}" cannot serve the join: ${reason}`, { details: { store } });
}

function measures({ name, retention, windowSize }: SuppliedJoinStore): { readonly retentionMs: number; readonly windowSizeMs: number } {
  return {
    retentionMs: windowDuration(retention, `retention of the store "${name}"`, 0),
    windowSizeMs: windowDuration(windowSize, `windowSize of the store "${name}"`, 0),
  };
}

/** The stores of a join; `parked` for left and outer joins. */
export interface JoinStores {
  readonly left: WindowStoreSpec;
  readonly right: WindowStoreSpec;
  readonly parked: OuterJoinStoreSpec | undefined;
}

/** `names`: without the suffix that all of them have. */
export function joinStores<K, L, R>(
  kind: JoinKind,
  options: StreamJoined<K, L, R>,
  store: StreamJoinStoreOptions,
  fallback: Persistence,
  names: { readonly left: string; readonly right: string; readonly parked: string },
): JoinStores {
  const { key, otherValue, value, windows } = options;
  const { supplied } = store;
  const persistence = store.persistence ?? fallback;
  const logging = loggingOf(store.logging);
  const windowStore = (name: string, valueSerde: Serde<unknown> | undefined, own: SuppliedJoinStore | undefined): WindowStoreSpec => ({
    kind: 'window',
    name: own === undefined ? `${name}-store` : own.name,
    persistence: own === undefined ? persistence : (own.persistence ?? 'persistent'),
    // As in Kafka Streams, where the layout of those on disk has no room for them.
    keepsHeaders: (own === undefined ? persistence : (own.persistence ?? 'persistent')) === 'inMemory',
    caching: false,
    // Duplicates must not be compacted away, whatever else is configured.
    logging: own === undefined ? logging && { ...logging, 'cleanup.policy': 'delete' } : {},
    logsHeaders: true,
    format: own === undefined ? 'builder' : 'default',
    keySerde: key,
    valueSerde,
    timestamped: false,
    retentionMs: windows.sizeMs + windows.graceMs,
    windowSizeMs: windows.sizeMs,
    retainDuplicates: true,
    timeOrdered: false,
  });
  return {
    left: windowStore(names.left, value, supplied?.this),
    right: windowStore(names.right, otherValue, supplied?.other),
    parked:
      kind === 'inner'
        ? undefined
        : {
            kind: 'outerJoin',
            name: `${names.parked}-store`,
            // Of the kind of the left side's store, where that one was described.
            persistence: store.persistence ?? supplied?.this?.persistence ?? (supplied?.this === undefined ? fallback : 'persistent'),
            caching: false,
            logging,
            keySerde: key,
            valueSerde: value,
            rightValueSerde: otherValue,
          },
  };
}
