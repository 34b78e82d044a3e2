/** Windowed tables as other operators look them up: by windowed key, in the store that holds them. Kafka Streams: `KTableValueGetter` of windowed aggregates. */
import type { OpenTableReader } from '../operators/table-reader.ts';
import type { SessionTable } from '../stores/session-faces.ts';
import type { WindowTable } from '../stores/window-faces.ts';
import { AggregateLineage } from '../topology/table-lineage.ts';
import type { Windowed } from '../windows/windowed.ts';

/** A table of time, sliding or unlimited windows. */
export class WindowLineage extends AggregateLineage {
  override openReader<K, V>(): OpenTableReader<K, V> {
    const open: OpenTableReader<Windowed<unknown>, V> = (context) => {
      const store = context.getStateStore<WindowTable<unknown, V>>(this.store);
      return { lookup: ({ key, window }) => store.lookup(key, window.start) };
    };
    // The keys of the table that the lineage belongs to are windowed.
    return open as unknown as OpenTableReader<K, V>;
  }
}

/** A table of sessions: a session's timestamp is its end. */
export class SessionLineage extends AggregateLineage {
  override openReader<K, V>(): OpenTableReader<K, V> {
    const open: OpenTableReader<Windowed<unknown>, V> = (context) => {
      const store = context.getStateStore<SessionTable<unknown, V>>(this.store);
      return {
        lookup: ({ key, window }) => {
          const value = store.lookup(key, window.start, window.end);
          return value === undefined ? undefined : { value, timestamp: window.end };
        },
      };
    };
    // The keys of the table that the lineage belongs to are windowed.
    return open as unknown as OpenTableReader<K, V>;
  }
}
