/** Keys of a store as map keys and as bytes: text is normalised, other primitives are used as they are, everything else by its bytes. */
import type { ByteWriter } from '../serde/byte-writer.ts';
import type { Serde } from '../serde/serde.ts';
import { type ByteString, toByteString } from './key-bytes.ts';
import { wellFormed } from '../serde/well-formed.ts';

export class StoreKeys<K> {
  readonly #serde: Serde<K>;
  readonly #scratch: ByteWriter;
  /** True if a key that is `===` to the one before is the same key: others may be changed in place. */
  readonly comparable: boolean;
  /** Of the key seen last, by `typeof`. A key of another type may be none of this serde's. */
  #type: string | undefined;

  /** `scratch` is overwritten by every call that needs bytes. */
  constructor(serde: Serde<K>, scratch: ByteWriter) {
    this.#serde = serde;
    this.#scratch = scratch;
    this.comparable = serde.primitive;
  }

  /** What a map knows the key by. Throws what the serde throws for a key that it cannot write, also where no bytes are needed. */
  indexKeyOf(key: K): unknown {
    if (!this.comparable) return this.byteString(key);
    if (typeof key !== this.#type) this.#check(key);
    return typeof key === 'string' ? wellFormed(key) : key;
  }

  /** The same, of a key whose bytes are there too. */
  indexKeyOfEncoded(key: K, bytes: Uint8Array, start: number, end: number): unknown {
    if (!this.comparable) return toByteString(bytes, start, end);
    return typeof key === 'string' ? wellFormed(key) : key;
  }

  /** What a map knows a key by that is there as bytes. */
  indexKeyOfBytes(bytes: Uint8Array, start: number, end: number): unknown {
    return this.comparable ? this.indexKeyOf(this.#serde.decode(bytes, start, end)) : toByteString(bytes, start, end);
  }

  /** The key itself, decoded anew where it could have been changed in place. */
  keyOf(indexKey: unknown): K {
    // A primitive key is its own index key.
    if (this.comparable) return indexKey as K;
    const bytes = Buffer.from(indexKey as string, 'latin1');
    return this.#serde.decode(bytes, 0, bytes.length);
  }

  /** The bytes of an index key, as text. */
  byteStringOf(indexKey: unknown): ByteString {
    return this.comparable ? this.byteString(indexKey as K) : (indexKey as string);
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
    if (this.comparable) {
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

  #check(key: K): void {
    this.byteString(key);
    this.#type = typeof key;
  }
}
