/** Hash of a left value, by which a response is known to answer the row as it is now, not as it was. */
import { ByteWriter } from '../../serde/byte-writer.ts';
import type { Serde } from '../../serde/serde.ts';
import { type HashText, readHash } from './hash-text.ts';
import { murmur3 } from './murmur3.ts';

export class ValueHash<V> {
  readonly #serde: Serde<V>;
  readonly #writer = new ByteWriter(256);

  constructor(serde: Serde<V>) {
    this.#serde = serde;
  }

  of(value: V): HashText {
    const writer = this.#writer;
    writer.position = 0;
    this.#serde.encodeInto(value, writer);
    return readHash(murmur3(writer.buffer, writer.position), 0);
  }
}
