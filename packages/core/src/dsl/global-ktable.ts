/** A table that every instance keeps whole: streams join it by any key, without a repartition. Kafka Streams: `GlobalKTable`. */
import type { OpenTableReader } from '../operators/table-reader.ts';
import type { BuildContext } from './build-context.ts';

export class GlobalKTable<in K, out V> {
  /** Name under which the table can be read: the one that the user gave. */
  readonly queryableStoreName: string | undefined;
  /** @internal */
  readonly openReader: OpenTableReader<K, V>;
  /** @internal */
  readonly context: BuildContext;

  /** @internal */
  constructor(context: BuildContext, openReader: OpenTableReader<K, V>, queryableStoreName: string | undefined) {
    this.context = context;
    this.openReader = openReader;
    this.queryableStoreName = queryableStoreName;
  }
}
