/**
 * Windowed keys as bytes. Time and sliding windows: the key, then the start; sessions: the key, then end and start; times in 8 bytes, big endian (WS-01, WS-02).
 * Kafka Streams: `TimeWindowedSerde`, `SessionWindowedSerde`.
 */
import { checkedElsewhere, checkOptions, isFlag, isSerde, type OptionChecks } from '../option-checks.ts';
import type { Duration } from '../time.ts';
import { windowDuration } from '../windows/window-duration.ts';
import { Windowed } from '../windows/windowed.ts';
import type { ByteWriter } from './byte-writer.ts';
import { longSerde } from './number-serdes.ts';
import { prepareInner } from './inner-batch.ts';
import type { Serde, SerdeOpening, SerdeTarget } from './serde.ts';
import { wrongType } from './wrong-type.ts';

const timeBytes = 8;
/** Sequence number that the changelog of a window store has behind the start. */
const sequenceBytes = 4;

abstract class WindowedSerde<K> implements Serde<Windowed<K>> {
  readonly immutable: boolean;
  readonly primitive = false;
  readonly format: string | undefined;
  /** What stands behind the inner key's bytes. Sinks choose the partition without it (S-192). */
  readonly unpartitionedBytes: number;
  readonly prepare?: NonNullable<Serde<unknown>['prepare']>;
  protected readonly inner: Serde<K>;

  constructor(inner: Serde<K>, unpartitionedBytes: number, form: string) {
    this.inner = inner;
    this.immutable = inner.immutable;
    this.unpartitionedBytes = unpartitionedBytes;
    this.format = inner.format === undefined ? undefined : `${form}(${inner.format})`;
    const prepare = prepareInner(inner, (_buffer, start, end, add) => add(start, Math.max(start, end - unpartitionedBytes)));
    if (prepare !== undefined) this.prepare = prepare;
  }

  open(opening: SerdeOpening): Promise<void> | void {
    return this.inner.open?.(opening);
  }

  abstract decode(buffer: Uint8Array, start: number, end: number): Windowed<K>;
  abstract encodeInto(value: Windowed<K>, writer: ByteWriter): void;
  abstract bind(target: SerdeTarget): Serde<Windowed<K>>;

  protected decodeInner(buffer: Uint8Array, start: number, end: number): K {
    const innerEnd = end - this.unpartitionedBytes;
    if (innerEnd < start) throw new RangeError(`a windowed key has at least ${this.unpartitionedBytes} bytes, got ${end - start}`);
    return this.inner.decode(buffer, start, innerEnd);
  }

  protected encodeInner(value: Windowed<K>, writer: ByteWriter): void {
    if (!(value instanceof Windowed)) throw wrongType('the serde of windowed keys writes Windowed', value);
    this.inner.encodeInto(value.key, writer);
  }
}

export class TimeWindowedSerde<K> extends WindowedSerde<K> {
  readonly #sizeMs: number;
  readonly #changelog: boolean;

  constructor(inner: Serde<K>, sizeMs: number, changelog: boolean = false) {
    super(inner, changelog ? timeBytes + sequenceBytes : timeBytes, changelog ? 'window-changelog' : 'time-windowed');
    this.#sizeMs = sizeMs;
    this.#changelog = changelog;
  }

  decode(buffer: Uint8Array, start: number, end: number): Windowed<K> {
    const key = this.decodeInner(buffer, start, end);
    const windowStart = readTime(buffer, end - this.unpartitionedBytes);
    return new Windowed(key, { start: windowStart, end: windowStart + this.#sizeMs });
  }

  encodeInto(value: Windowed<K>, writer: ByteWriter): void {
    this.encodeInner(value, writer);
    writer.writeInt64(value.window.start);
    if (this.#changelog) writer.writeInt32(0);
  }

  bind(target: SerdeTarget): Serde<Windowed<K>> {
    const bound = this.inner.bind?.(target);
    return bound === undefined ? this : new TimeWindowedSerde(bound, this.#sizeMs, this.#changelog);
  }
}

export class SessionWindowedSerde<K> extends WindowedSerde<K> {
  constructor(inner: Serde<K>) {
    super(inner, 2 * timeBytes, 'session-windowed');
  }

  decode(buffer: Uint8Array, start: number, end: number): Windowed<K> {
    const key = this.decodeInner(buffer, start, end);
    return new Windowed(key, { start: readTime(buffer, end - timeBytes), end: readTime(buffer, end - 2 * timeBytes) });
  }

  encodeInto(value: Windowed<K>, writer: ByteWriter): void {
    this.encodeInner(value, writer);
    writer.writeInt64(value.window.end);
    writer.writeInt64(value.window.start);
  }

  bind(target: SerdeTarget): Serde<Windowed<K>> {
    const bound = this.inner.bind?.(target);
    return bound === undefined ? this : new SessionWindowedSerde(bound);
  }
}

export interface TimeWindowedSerdeOptions {
  /** Size of time windows, difference of sliding windows: the bytes have no end. `Infinity` for unlimited windows. */
  readonly size: Duration;
  /** Reads and writes keys as they stand in the changelog of a window store, with a sequence number behind the start. @default false */
  readonly changelog?: boolean | undefined;
}

const timeWindowedOptions: OptionChecks<TimeWindowedSerdeOptions> = { size: checkedElsewhere, changelog: isFlag };

/** @throws MR_ARGUMENT_INVALID for a size that is missing or negative, options that there are not, and an inner serde that is none. */
export function timeWindowedSerde<K>(inner: Serde<K>, options: TimeWindowedSerdeOptions): Serde<Windowed<K>> {
  isSerde(inner, 'what serdes.timeWindowed takes first');
  checkOptions(options, timeWindowedOptions, 'serdes.timeWindowed');
  const { changelog, size } = options;
  const sizeMs = size === Number.POSITIVE_INFINITY ? size : windowDuration(size, 'the size of windowed keys', 0);
  return new TimeWindowedSerde(inner, sizeMs, changelog ?? false);
}

/** @throws MR_ARGUMENT_INVALID for an inner serde that is none. */
export function sessionWindowedSerde<K>(inner: Serde<K>): Serde<Windowed<K>> {
  isSerde(inner, 'what serdes.sessionWindowed takes');
  return new SessionWindowedSerde(inner);
}

function readTime(buffer: Uint8Array, at: number): number {
  const time = longSerde.decode(buffer, at, at + timeBytes);
  if (time < 0) throw new RangeError(`a windowed key has the time ${time}, which no window has`);
  return time;
}
