/** Tables whose changes are held back: options, node and buffer of `suppress`. Kafka Streams: `Suppressed`. */
import { StreamsError } from '../errors.ts';
import { checkedElsewhere, checkOneOf, checkOptions, isLogging, isText, oneOf, type OptionChecks } from '../option-checks.ts';
import { suppress } from '../operators/suppress.ts';
import type { SuppressBufferSpec } from '../stores/store-spec.ts';
import type { Duration } from '../time.ts';
import { validateName } from '../topology/names.ts';
import { SuppressLineage } from '../topology/suppress-lineage.ts';
import { windowGraceAbove } from '../topology/window-grace.ts';
import { windowDuration } from '../windows/window-duration.ts';
import type { TablePlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { loggingOf } from './store-settings.ts';

interface BufferOptions {
  /**
   * The node's name; its buffer is `<name>-store`.
   *
   * @default generated, both
   */
  readonly name?: string | undefined;
  /** Keys that are held back at a time. @default no limit */
  readonly maxRecords?: number | undefined;
  /** Bytes of keys, values and their context that are held back, as Kafka Streams counts them. @default no limit */
  readonly maxBytes?: number | undefined;
  /** False: no changelog, so what is held back is lost with the task. An object: configuration of the changelog topic. @default true */
  readonly logging?: boolean | Readonly<Record<string, string>> | undefined;
}

/** Lets out one result a window, when it closes: nothing may be added to it any more. A full buffer stops the task. Kafka Streams: `Suppressed.untilWindowCloses`. */
export interface UntilWindowCloses extends BufferOptions {
  readonly until: 'windowClose';
}

/** Lets out at most one change of a key in a time, counted by stream time from the first that is held back. Kafka Streams: `Suppressed.untilTimeLimit`. */
export interface UntilTimeLimit extends BufferOptions {
  readonly until: 'timeLimit';
  readonly wait: Duration;
  /**
   * What becomes of a buffer over its limit: it lets the eldest go before their time, or stops the task.
   *
   * @default 'emitEarly'
   */
  readonly whenFull?: 'emitEarly' | 'shutDown' | undefined;
}

export type SuppressOptions = UntilWindowCloses | UntilTimeLimit;

const bufferOptions = {
  name: isText,
  maxRecords: checkedElsewhere,
  maxBytes: checkedElsewhere,
  logging: isLogging,
  until: checkedElsewhere,
} as const;

const windowCloseOptions: OptionChecks<UntilWindowCloses> = bufferOptions;
const timeLimitOptions: OptionChecks<UntilTimeLimit> = {
  ...bufferOptions,
  wait: checkedElsewhere,
  whenFull: oneOf('emitEarly', 'shutDown'),
};

function checkSuppress(options: unknown): void {
  // JavaScript may pass anything.
  const { until } = (options ?? {}) as { readonly until?: unknown };
  checkOneOf(until, ['windowClose', 'timeLimit'], 'until of suppress');
  checkOptions(options, until === 'windowClose' ? windowCloseOptions : timeLimitOptions, 'suppress');
}

export function suppressTable<K, V>(place: TablePlace<K, V>, options: SuppressOptions): KTable<K, V> {
  checkSuppress(options);
  const { context, graphNode, keySerde, lineage: parent, valueSerde } = place;
  const maxRecords = limitOf(options.maxRecords, 'maxRecords');
  const maxBytes = limitOf(options.maxBytes, 'maxBytes');
  const untilWindowCloses = options.until === 'windowClose';
  const waitMs = untilWindowCloses
    ? windowGraceAbove(graphNode)
    : windowDuration(options.wait, 'the wait of suppress', Number.NEGATIVE_INFINITY);
  if (options.name !== undefined) validateName(options.name);
  // A given name consumes no index here, unlike everywhere else.
  const name = options.name ?? context.names.processor(prefix);
  const buffer = options.name === undefined ? context.names.store(prefix) : `${options.name}-store`;
  const spec: SuppressBufferSpec = {
    kind: 'suppressBuffer',
    name: buffer,
    persistence: 'inMemory',
    caching: false,
    logging: loggingOf(options.logging),
    keySerde,
    valueSerde,
  };
  const whenFull = options.until === 'windowClose' ? 'shutDown' : (options.whenFull ?? 'emitEarly');
  // What rows were before they were held back is what can be looked up.
  parent.requireOldValues(true);
  const lineage = new SuppressLineage(parent, buffer);
  const create = suppress<K, V>({ name, buffer, untilWindowCloses, waitMs, maxRecords, maxBytes, whenFull });
  const node = context.graph.add(
    { kind: 'tableProcessor', name, lineage, create, store: undefined, stores: [], ownStores: [spec] },
    graphNode,
  );
  return context.table({
    context,
    name,
    graphNode: node,
    keySerde,
    valueSerde,
    // As in Kafka Streams: what is joined below is not checked for equal partition counts.
    sources: new Set([place.name]),
    lineage,
    queryableStoreName: undefined,
  });
}

const prefix = 'KTABLE-SUPPRESS-';

function limitOf(limit: number | undefined, what: string): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  if (Number.isSafeInteger(limit) && limit >= 0) return limit;
  throw new StreamsError('MR_ARGUMENT_INVALID', `${what} of suppress must be a whole number from 0 on, got ${limit}`);
}
