/** Adapts a pair of ordinary functions over `Uint8Array` to the range-and-target form of the record path. Costs a copy each way. */
import { StreamsError } from '../errors.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Serde } from './serde.ts';
import { describeType } from './wrong-type.ts';

export interface CustomSerde<T> {
  /** Gets bytes of its own, never null. Throws on bytes that it cannot read. */
  readonly decode: (bytes: Uint8Array) => T;
  /** Never gets null. Throws on a value that it cannot write. */
  readonly encode: (value: T) => Uint8Array;
  /**
   * Say so if decoded values are never changed in place (frozen, or primitives): stores then share them instead of decoding anew.
   *
   * @default false
   */
  readonly immutable?: boolean | undefined;
  /** Names the byte format; serdes of the same name must read and write the same bytes. Bytes of an unchanged key or value are then copied. */
  readonly format?: string | undefined;
}

class AdaptedSerde<T> implements Serde<T> {
  readonly immutable: boolean;
  readonly primitive = false;
  readonly format: string | undefined;
  readonly #decode: (bytes: Uint8Array) => T;
  readonly #encode: (value: T) => Uint8Array;

  constructor(custom: CustomSerde<T>) {
    this.#decode = custom.decode;
    this.#encode = custom.encode;
    this.immutable = custom.immutable ?? false;
    this.format = custom.format;
  }

  decode(buffer: Uint8Array, start: number, end: number): T {
    return this.#decode(new Uint8Array(buffer.subarray(start, end)));
  }

  encodeInto(value: T, writer: ByteWriter): void {
    const bytes: unknown = this.#encode(value);
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`encode of a serde must return a Uint8Array, got ${describeType(bytes)}`);
    writer.writeBytes(bytes);
  }
}

/** @throws MR_ARGUMENT_INVALID if `encode` or `decode` is not a function. */
export function customSerde<T>(custom: CustomSerde<T>): Serde<T> {
  // JavaScript may pass anything.
  const given = custom as CustomSerde<T> | null | undefined;
  if (typeof given?.decode !== 'function' || typeof given.encode !== 'function') {
    throw new StreamsError('MR_ARGUMENT_INVALID', 'serdes.from needs { encode, decode }, both functions');
  }
  return new AdaptedSerde(custom);
}
