/** Hash of a left value, by which a response is known to answer the row as it is now, not as it was. */
import { ByteWriter } from '../../serde/byte-writer.ts';
import type { Serde } from '../../serde/serde.ts';
import { murmur3 } from './murmur3.ts';

export class ValueHash<V> {
  readonly #serde: Serde<V>;
  readonly #writer = new ByteWriter(256);

  constructor(serde: Serde<V>) {
    this.#serde = serde;
  }

  of(value: V): Uint8Array {
    const writer = this.#writer;
    writer.position = 0;
    this.#serde.encodeInto(value, writer);
    return murmur3(writer.buffer, writer.position);
  }
}

/** True if both are the same hash, or both none. */
export function sameHash(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return a.length === b.length;
}
