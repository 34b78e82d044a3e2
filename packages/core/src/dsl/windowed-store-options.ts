/** How a windowed table is kept, and the store that comes of it. Kafka Streams: `Materialized`, `WindowStoreMaterializer`, `SlidingWindowStoreMaterializer`, `SessionStoreMaterializer`. */
import { StreamsError } from '../errors.ts';
import type { EmitStrategy } from '../operators/emit-strategy.ts';
import { checkedElsewhere, checkOptions, isText, type OptionChecks } from '../option-checks.ts';
import type { Serde } from '../serde/serde.ts';
import type { Persistence, SessionStoreSpec, WindowStoreSpec } from '../stores/store-spec.ts';
import type { Duration } from '../time.ts';
import { validateName } from '../topology/names.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { SlidingWindows } from '../windows/sliding-windows.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { UnlimitedWindows } from '../windows/unlimited-windows.ts';
import { windowDuration } from '../windows/window-duration.ts';
import { storeOptionChecks, type StoreOptions } from './store-options.ts';
import { loggingOf } from './store-settings.ts';

/** As {@link StoreOptions}; the key is the one inside the window. */
export interface WindowedStoreOptions<K, V> extends Omit<StoreOptions<K, V>, 'maxEntries' | 'historyRetention' | 'segmentInterval'> {
  /**
   * How long a window is kept behind the store's own time, which is the latest start of a window in it (of a session: end). Emission on window close reads windows back
   * from the store: where stream time jumps by more than this, windows are lost before they were emitted.
   *
   * @default size and grace; gap and grace; twice the difference, and grace. No less is accepted.
   */
  readonly retention?: Duration | undefined;
  /**
   * A store of other measures than the windows ask for: `retention` is not checked against them, windows read back are `windowSize` long, and emission on close finds them
   * in the store's plain order. Kafka Streams: `Materialized.as` with a store supplier.
   *
   * @default false
   */
  readonly supplied?: { readonly windowSize?: Duration | undefined } | undefined;
}

const { historyRetention: _history, maxEntries: _entries, segmentInterval: _segment, ...unwindowed } = storeOptionChecks;

const windowedStoreChecks: OptionChecks<WindowedStoreOptions<never, never>> = {
  ...unwindowed,
  retention: checkedElsewhere,
  supplied: (supplied, what) => checkOptions(supplied, { windowSize: checkedElsewhere }, what),
};

/** A store's name, or its options. */
export type WindowedStoreOption<K, V> = string | WindowedStoreOptions<K, V>;

/** Options of operators that make windowed tables. `K` is the key inside the window. */
export interface WindowedTableOptions<K, V> {
  /** The node's name; the store's is separate. */
  readonly name?: string | undefined;
  readonly store?: WindowedStoreOption<K, V> | undefined;
}

export const windowedTableOptions: OptionChecks<WindowedTableOptions<never, never>> = { name: isText, store: checkedElsewhere };

/**
 * The store that a user asked for: undefined if none. Checks its name.
 *
 * @throws MR_ARGUMENT_INVALID for options that there are not.
 */
export function windowedStoreOptions<K, V>(option: WindowedStoreOption<K, V> | undefined): WindowedStoreOptions<K, V> | undefined {
  const options = typeof option === 'string' ? { name: option } : option;
  if (options !== undefined) checkOptions(options, windowedStoreChecks, 'store');
  if (options?.name !== undefined) validateName(options.name);
  return options;
}

interface StoreBase {
  readonly name: string;
  readonly retentionMs: number;
  readonly windowsRetentionMs: number | undefined;
  readonly persistence: Persistence;
  readonly caching: boolean;
  readonly logging: Readonly<Record<string, string>> | undefined;
  readonly keySerde: Serde<unknown> | undefined;
  readonly valueSerde: Serde<unknown> | undefined;
  readonly timeOrdered: boolean;
  readonly format: 'builder' | 'default';
}

/** The store of a table of time, sliding or unlimited windows. */
export function windowStore<K, V>(
  name: string,
  options: WindowedStoreOptions<K, V>,
  windows: TimeWindows | UnlimitedWindows | SlidingWindows,
  emit: EmitStrategy,
  persistence: Persistence,
): WindowStoreSpec {
  const sliding = windows.kind === 'sliding';
  const least = (sliding ? 2 * windows.differenceMs : windows.sizeMs) + windows.graceMs;
  const sizeMs = sliding ? windows.differenceMs : windows.sizeMs;
  const supplied = options.supplied?.windowSize;
  const windowSizeMs = supplied === undefined ? sizeMs : windowDuration(supplied, `windowSize of the store "${name}"`, 0);
  const base = storeBase(name, options, least, sliding ? 'twice the difference and grace' : 'size and grace', emit, persistence, !sliding);
  // A supplied store is measured by the size it was given, as Java's suppliers do it.
  if (supplied !== undefined && base.retentionMs < windowSizeMs)
    throw retentionTooShort(name, base.retentionMs, 'its window size', windowSizeMs);
  return {
    kind: 'window',
    ...base,
    timestamped: true,
    windowSizeMs,
    retainDuplicates: false,
    keyIndexed: sliding,
  };
}

/** The store of a table of sessions. */
export function sessionStore<K, V>(
  name: string,
  options: WindowedStoreOptions<K, V>,
  windows: SessionWindows,
  emit: EmitStrategy,
  persistence: Persistence,
): SessionStoreSpec {
  return { kind: 'session', ...storeBase(name, options, windows.gapMs + windows.graceMs, 'gap and grace', emit, persistence, false) };
}

/** `cachesOnClose`: the cache stays where windows are emitted on close; it forwards nothing then. */
function storeBase<K, V>(
  name: string,
  options: WindowedStoreOptions<K, V>,
  leastMs: number,
  measures: string,
  emit: EmitStrategy,
  persistence: Persistence,
  cachesOnClose: boolean,
): StoreBase {
  const { retention, supplied } = options;
  const retentionMs = retention === undefined ? leastMs : windowDuration(retention, `retention of the store "${name}"`, 0);
  if (retentionMs < leastMs && supplied === undefined) throw retentionTooShort(name, retentionMs, measures, leastMs);
  const onClose = emit === 'onWindowClose';
  return {
    name,
    retentionMs,
    windowsRetentionMs: supplied === undefined ? undefined : leastMs,
    persistence: options.persistence ?? persistence,
    caching: (options.caching ?? true) && (!onClose || cachesOnClose),
    logging: loggingOf(options.logging),
    keySerde: options.key,
    valueSerde: options.value,
    timeOrdered: onClose && supplied === undefined,
    format: supplied === undefined ? 'builder' : 'default',
  };
}

function retentionTooShort(name: string, retentionMs: number, measures: string, leastMs: number): StreamsError {
  return new StreamsError(
    'MR_ARGUMENT_INVALID',
    `retention of the store "${name}" (${retentionMs} ms) must not be less than ${measures} (${leastMs} ms): its windows would expire while they are open`,
    { details: { store: name } },
  );
}
