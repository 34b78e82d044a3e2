/** Keys of a store as map keys and as bytes: text is normalised, other primitives are used as they are, everything else by its bytes. */
import type { ByteWriter } from '../serde/byte-writer.ts';
import type { Serde } from '../serde/serde.ts';
import { type ByteString, toByteString } from './key-bytes.ts';
import { wellFormed } from '../serde/well-formed.ts';

type KeyForm = 'text' | 'primitive' | 'bytes';

export class StoreKeys<K> {
  readonly #serde: Serde<K>;
  readonly #scratch: ByteWriter;
  /** `undefined` until the first key shows what keys are. */
  #form: KeyForm | undefined;

  /** `scratch` is overwritten by every call that needs bytes. */
  constructor(serde: Serde<K>, scratch: ByteWriter) {
    this.#serde = serde;
    this.#scratch = scratch;
    if (!serde.primitive) this.#form = 'bytes';
  }

  /** True if a key that is `===` to the one before is the same key: others may be changed in place. */
  get comparable(): boolean {
    return this.#form !== 'bytes';
  }

  /** What a map knows the key by. */
  indexKeyOf(key: K): unknown {
    const form = (this.#form ??= typeof key === 'string' ? 'text' : 'primitive');
    if (form === 'text') return wellFormed(key as unknown as string);
    return form === 'primitive' ? key : this.byteString(key);
  }

  /** What a map knows a key by that is there as bytes. */
  indexKeyOfBytes(bytes: Uint8Array, start: number, end: number): unknown {
    return this.#form === 'bytes' ? toByteString(bytes, start, end) : this.indexKeyOf(this.#serde.decode(bytes, start, end));
  }

  /** The key itself, decoded anew where it could have been changed in place. */
  keyOf(indexKey: unknown): K {
    // In the other forms the index key is the key.
    if (this.#form !== 'bytes') return indexKey as K;
    const bytes = Buffer.from(indexKey as string, 'latin1');
    return this.#serde.decode(bytes, 0, bytes.length);
  }

  /** The bytes of an index key, as text. */
  byteStringOf(indexKey: unknown): ByteString {
    return this.#form === 'bytes' ? (indexKey as string) : this.byteString(indexKey as K);
  }

  byteString(key: K): ByteString {
    const scratch = this.#scratch;
    scratch.position = 0;
    this.#serde.encodeInto(key, scratch);
    return toByteString(scratch.buffer, 0, scratch.position);
  }

  /** Appends the bytes of a key. */
  encodeInto(key: K, writer: ByteWriter): void {
    this.#serde.encodeInto(key, writer);
  }

  /** Appends the bytes of the key of an index key. */
  encodeIndexKey(indexKey: unknown, writer: ByteWriter): void {
    if (this.#form !== 'bytes') {
      this.#serde.encodeInto(indexKey as K, writer);
      return;
    }
    const bytes = indexKey as string;
    writer.reserve(bytes.length);
    writer.position += writer.buffer.write(bytes, writer.position, 'latin1');
  }

  decode(bytes: Uint8Array, start: number, end: number): K {
    return this.#serde.decode(bytes, start, end);
  }
}
