/** A table that every instance keeps whole: streams join it by any key, without a repartition. Kafka Streams: `GlobalKTable`. */
import type { OpenTableReader } from '../operators/table-reader.ts';

export class GlobalKTable<in K, out V> {
  /** Name under which the table can be read: the one that the user gave. */
  readonly queryableStoreName: string | undefined;
  /** @internal */
  readonly openReader: OpenTableReader<K, V>;

  /** @internal */
  constructor(openReader: OpenTableReader<K, V>, queryableStoreName: string | undefined) {
    this.openReader = openReader;
    this.queryableStoreName = queryableStoreName;
  }
}
