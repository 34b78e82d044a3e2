/**
 * Keys of the store of subscriptions: length of the foreign key, foreign key, primary key, so that all subscriptions of a foreign key stand together.
 * Kafka Streams: `CombinedKeySchema`.
 */
import { ByteWriter } from '../../serde/byte-writer.ts';
import type { Serde } from '../../serde/serde.ts';

const lengthBytes = 4;

export class CombinedKeys<KO, K> {
  readonly #foreign: Serde<KO>;
  readonly #primary: Serde<K>;
  readonly #writer = new ByteWriter(128);

  constructor(foreign: Serde<KO>, primary: Serde<K>) {
    this.#foreign = foreign;
    this.#primary = primary;
  }

  /** What the keys of this foreign key start with, and no others. */
  prefix(foreignKey: KO): Uint8Array {
    this.#writeForeign(foreignKey);
    return this.#writer.toBytes();
  }

  key(foreignKey: KO, primaryKey: K): Uint8Array {
    this.#writeForeign(foreignKey);
    this.#primary.encodeInto(primaryKey, this.#writer);
    return this.#writer.toBytes();
  }

  #writeForeign(foreignKey: KO): void {
    const writer = this.#writer;
    writer.reserve(lengthBytes);
    writer.position = lengthBytes;
    this.#foreign.encodeInto(foreignKey, writer);
    writer.buffer.writeInt32BE(writer.position - lengthBytes, 0);
  }
}
