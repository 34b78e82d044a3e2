/**
 * What the right side of a foreign-key join answers to the partition of the primary key.
 *
 * Bytes are Java's (`SubscriptionResponseWrapperSerde`): version, its high bit set where there is no hash; 16 bytes of hash; the foreign value, no bytes where there
 * is none. The partition is not among them.
 */
import type { ByteWriter } from '../../serde/byte-writer.ts';
import { prepareInner } from '../../serde/inner-batch.ts';
import type { Serde, SerdeOpening, SerdeTarget } from '../../serde/serde.ts';
import { type HashText, readHash, writeHash } from './hash-text.ts';
import { hashBytes } from './murmur3.ts';

export class Response<VO> {
  /** Of the left value that asked. */
  readonly hash: HashText | null;
  readonly foreignValue: VO | null;
  /** Where the answer goes; undefined once it is there, and where the subscription did not say. */
  readonly primaryPartition: number | undefined;

  constructor(hash: HashText | null, foreignValue: VO | null, primaryPartition: number | undefined) {
    this.hash = hash;
    this.foreignValue = foreignValue;
    this.primaryPartition = primaryPartition;
  }
}

const withoutHash = 0x80;
const currentVersion = 0;

export class ResponseSerde<VO> implements Serde<Response<VO>> {
  readonly immutable = false;
  readonly primitive = false;
  readonly format = undefined;
  readonly prepare?: NonNullable<Serde<unknown>['prepare']>;
  readonly #value: Serde<VO>;

  constructor(value: Serde<VO>) {
    this.#value = value;
    const prepare = prepareInner(value, valueRange);
    if (prepare !== undefined) this.prepare = prepare;
  }

  open(opening: SerdeOpening): Promise<void> | void {
    return this.#value.open?.(opening);
  }

  bind(target: SerdeTarget): Serde<Response<VO>> {
    return this.#value.bind === undefined ? this : new ResponseSerde(this.#value.bind(target));
  }

  decode(buffer: Uint8Array, start: number, end: number): Response<VO> {
    if (end - start < 1) throw new RangeError('a response of a foreign-key join has at least one byte');
    const first = buffer[start] as number;
    const version = first & 0x7f;
    if (version > currentVersion) throw new RangeError(`a response of a foreign-key join has the unknown version ${version}`);
    const hasHash = (first & withoutHash) === 0;
    const valueStart = start + 1 + (hasHash ? hashBytes : 0);
    if (valueStart > end) throw new RangeError(`a response of a foreign-key join is cut off after ${end - start} bytes`);
    const hash = hasHash ? readHash(buffer, start + 1) : null;
    return new Response(hash, valueStart === end ? null : this.#value.decode(buffer, valueStart, end), undefined);
  }

  encodeInto({ foreignValue, hash }: Response<VO>, writer: ByteWriter): void {
    writer.writeUint8(hash === null ? currentVersion | withoutHash : currentVersion);
    if (hash !== null) writeHash(hash, writer);
    if (foreignValue !== null) this.#value.encodeInto(foreignValue, writer);
  }
}

function valueRange(buffer: Uint8Array, start: number, end: number, add: (start: number, end: number) => void): void {
  const from = start + 1 + (((buffer[start] ?? 0) & withoutHash) === 0 ? hashBytes : 0);
  if (from < end) add(from, end);
}
