/**
 * The value of the repartition topic behind a table's `groupBy`: a row's new and old value in one record.
 *
 * Bytes are Java's (`ChangedSerializer`, KIP-904), the flag stands last: old value, 0; new value, 1; length of the new value as a zig-zag varint,
 * new value, old value, 2. Flags 3 to 5 are the same with a byte before the flag that says whether the version is the latest; read, never written.
 */
import { StreamsError } from '../errors.ts';
import { Change } from '../processor/change.ts';
import { ByteWriter } from './byte-writer.ts';
import { prepareInner } from './inner-batch.ts';
import type { Serde, SerdeOpening, SerdeTarget } from './serde.ts';

const oldOnly = 0;
const newOnly = 1;
const both = 2;

export class ChangeSerde<V> implements Serde<Change<V>> {
  readonly immutable = false;
  readonly primitive = false;
  readonly format: string | undefined;
  readonly prepare?: NonNullable<Serde<unknown>['prepare']>;
  readonly #inner: Serde<V>;
  /** Holds the new value until its length is known. */
  readonly #scratch = new ByteWriter(64);

  constructor(inner: Serde<V>) {
    this.#inner = inner;
    this.format = inner.format === undefined ? undefined : `change:${inner.format}`;
    const prepare = prepareInner(inner, valueRanges);
    if (prepare !== undefined) this.prepare = prepare;
  }

  bind(target: SerdeTarget): Serde<Change<V>> {
    return this.#inner.bind === undefined ? this : new ChangeSerde(this.#inner.bind(target));
  }

  open(opening: SerdeOpening): Promise<void> | void {
    return this.#inner.open?.(opening);
  }

  decode(buffer: Uint8Array, start: number, end: number): Change<V> {
    const { flag, dataEnd, isLatest } = flagOf(buffer, start, end);
    switch (flag) {
      case oldOnly:
        return new Change<V>(null, this.#inner.decode(buffer, start, dataEnd), isLatest);
      case newOnly:
        return new Change<V>(this.#inner.decode(buffer, start, dataEnd), null, isLatest);
      case both: {
        const { at, length } = newValueOf(buffer, start, dataEnd);
        return new Change<V>(this.#inner.decode(buffer, at, at + length), this.#inner.decode(buffer, at + length, dataEnd), isLatest);
      }
      default:
        throw new RangeError(`a change has the unknown flag ${flag}`);
    }
  }

  encodeInto(change: Change<V>, writer: ByteWriter): void {
    const { newValue, oldValue } = change;
    if (newValue !== null && oldValue !== null) {
      const scratch = this.#scratch;
      scratch.position = 0;
      this.#inner.encodeInto(newValue, scratch);
      writeVarint(writer, scratch.position);
      writer.writeRange(scratch.buffer, 0, scratch.position);
      this.#inner.encodeInto(oldValue, writer);
      writer.writeUint8(both);
    } else if (newValue !== null) {
      this.#inner.encodeInto(newValue, writer);
      writer.writeUint8(newOnly);
    } else if (oldValue !== null) {
      this.#inner.encodeInto(oldValue, writer);
      writer.writeUint8(oldOnly);
    } else {
      throw new StreamsError('MR_SERIALIZATION', 'a change of nothing to nothing cannot be written to a repartition topic');
    }
  }
}

/** What stands behind the values. */
function flagOf(
  buffer: Uint8Array,
  start: number,
  end: number,
): { readonly flag: number; readonly dataEnd: number; readonly isLatest: boolean } {
  if (end - start < 1) throw new RangeError('a change must have at least one byte');
  const flag = buffer[end - 1] as number;
  if (flag <= both || flag > both + 3) return { flag, dataEnd: end - 1, isLatest: true };
  if (end - start < 2) throw new RangeError(`a change with flag ${flag} must have at least two bytes`);
  return { flag: flag - 3, dataEnd: end - 2, isLatest: buffer[end - 2] === 1 };
}

/** Where the new value stands if there is an old one behind it. */
function newValueOf(buffer: Uint8Array, start: number, dataEnd: number): { readonly at: number; readonly length: number } {
  let raw = 0;
  let shift = 0;
  let at = start;
  for (;;) {
    if (at >= dataEnd || shift > 28) throw new RangeError('a change has a malformed length');
    const byte = buffer[at++] as number;
    raw |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
    shift += 7;
  }
  const length = (raw >>> 1) ^ -(raw & 1);
  if (length < 0 || at + length > dataEnd) throw new RangeError(`a change says ${length} bytes of new value, more than there are`);
  return { at, length };
}

function valueRanges(buffer: Uint8Array, start: number, end: number, add: (start: number, end: number) => void): void {
  try {
    const { dataEnd, flag } = flagOf(buffer, start, end);
    if (flag === oldOnly || flag === newOnly) add(start, dataEnd);
    if (flag !== both) return;
    const { at, length } = newValueOf(buffer, start, dataEnd);
    add(at, at + length);
    add(at + length, dataEnd);
  } catch (error) {
    // Decoding throws it where the handlers listen.
    if (!(error instanceof RangeError)) throw error;
  }
}

/** Zig-zag varint, as Kafka writes lengths. */
function writeVarint(writer: ByteWriter, value: number): void {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    writer.writeUint8((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  writer.writeUint8(rest);
}
