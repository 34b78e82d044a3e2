/** Session stores as processors and operators see them. Kafka Streams: `SessionStore` over `RocksDBSessionStore`, `RocksDBTimeOrderedSessionStore`, `InMemorySessionStore`. */
import type { Serde } from '../serde/serde.ts';
import { type Window, Windowed } from '../windows/windowed.ts';
import type { KeyValue, StoreIterator } from './faces.ts';
import { checkPutTime } from './put-checks.ts';
import type { FlushItem } from './record-cache.ts';
import type { KeyedSessionRow, SessionRow, SessionStore, SessionTable } from './session-faces.ts';
import type { StoreEnvironment } from './store-environment.ts';
import type { SessionStoreSpec } from './store-spec.ts';
import { StoreTimes } from './store-times.ts';
import type { TimedEntry } from './timed-entry.ts';
import {
  byEndKeyLatestStart,
  byEndStartKey,
  bySegment,
  drain,
  type ListedRow,
  ListedRows,
  ListIterator,
  listRows,
  type RowOrder,
  type RowReader,
} from './timed-listing.ts';
import { TimedStore } from './timed-store.ts';
import { maxTime } from './timed-table.ts';

type SessionSnapshot = Pick<TimedEntry, 'time' | 'minor' | 'value' | 'bytes'>;

export class SessionWindowStore<K, V> extends TimedStore<K, V> implements SessionStore<K, V>, SessionTable<K, V> {
  readonly #persistent: boolean;
  readonly #timeOrdered: boolean;
  readonly #order: RowOrder;

  constructor(spec: SessionStoreSpec, environment: StoreEnvironment, keySerde: Serde<K>, valueSerde: Serde<V>) {
    const persistent = spec.persistence === 'persistent';
    const times = new StoreTimes({
      persistence: spec.persistence,
      retentionMs: spec.retentionMs,
      showsBound: false,
      keepsSegments: persistent && spec.timeOrdered,
    });
    super({
      name: spec.name,
      environment,
      keySerde,
      valueSerde,
      timestamped: false,
      keepsHeaders: false,
      times,
      minorBytes: 8,
      timeOrdered: spec.timeOrdered,
      persistence: spec.persistence,
      caching: spec.caching,
      cacheKeyBytes: 8,
    });
    this.#persistent = persistent;
    this.#timeOrdered = spec.timeOrdered;
    this.#order = persistent ? bySegment((time) => times.segmentOf(time)) : byEndKeyLatestStart;
  }

  // ---- the public face ----

  fetchSession(key: K, start: number, end: number): V | undefined {
    return this.lookup(key, start, end);
  }

  fetch(key: K): StoreIterator<KeyValue<Windowed<K>, V>> {
    return this.findSessions(key, 0, maxTime);
  }

  backwardFetch(key: K): StoreIterator<KeyValue<Windowed<K>, V>> {
    return this.backwardFindSessions(key, 0, maxTime);
  }

  fetchRange(keyFrom: K | undefined, keyTo: K | undefined): StoreIterator<KeyValue<Windowed<K>, V>> {
    return this.findSessionsRange(keyFrom, keyTo, 0, maxTime);
  }

  backwardFetchRange(keyFrom: K | undefined, keyTo: K | undefined): StoreIterator<KeyValue<Windowed<K>, V>> {
    return this.backwardFindSessionsRange(keyFrom, keyTo, 0, maxTime);
  }

  findSessions(key: K, earliestEnd: number, latestStart: number): StoreIterator<KeyValue<Windowed<K>, V>> {
    return this.#found(key, this.#sessions(key, earliestEnd, latestStart, false));
  }

  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): StoreIterator<KeyValue<Windowed<K>, V>> {
    return this.#found(key, this.#sessions(key, earliestEnd, latestStart, true));
  }

  findSessionsRange(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ): StoreIterator<KeyValue<Windowed<K>, V>> {
    return this.#listed(this.#list(keyFrom, keyTo, earliestEnd, latestStart, false));
  }

  backwardFindSessionsRange(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    earliestEnd: number,
    latestStart: number,
  ): StoreIterator<KeyValue<Windowed<K>, V>> {
    return this.#listed(this.#list(keyFrom, keyTo, earliestEnd, latestStart, true));
  }

  put(session: Windowed<K>, value: V | null | undefined): void {
    const { end, start } = session.window;
    checkPutTime(start, 'the start of a session', this.name);
    checkPutTime(end, 'the end of a session', this.name);
    this.write(session.key, start, end, value ?? null);
  }

  remove(session: Windowed<K>): void {
    this.removeSession(session.key, session.window.start, session.window.end);
  }

  // ---- what operators see ----

  write(key: K, start: number, end: number, value: V | null): void {
    this.writeRow(key, end, start, value, -1);
  }

  removeSession(key: K, start: number, end: number): void {
    this.removeRow(key, end, start, this.#persistent);
  }

  lookup(key: K, start: number, end: number): V | undefined {
    const entry = this.read(key, end, start);
    return entry === undefined ? undefined : this.table.codec.valueOf(entry.value, entry.bytes);
  }

  rows(key: K, earliestEnd: number, latestStart: number): readonly SessionRow<V>[] {
    return drain(this.#sessions(key, earliestEnd, latestStart, false)).map(({ time, minor, value, bytes }) => ({
      start: minor,
      end: time,
      value: this.table.codec.valueOf(value, bytes),
    }));
  }

  rowsBetween(earliestEnd: number, latestEnd: number): StoreIterator<KeyedSessionRow<K, V>> {
    const { table } = this;
    table.open();
    const byTime = this.#timeOrdered && this.#persistent;
    const rows = listRows(
      table,
      { keyFrom: undefined, keyTo: undefined, from: earliestEnd, to: latestEnd, readableFrom: table.times.keptFrom, reverse: false },
      byTime ? byEndStartKey : byEndKeyLatestStart,
    );
    return new ListIterator(new ListedRows(rows), (row) => ({
      key: this.#keyOf(row),
      start: row.minor,
      end: row.time,
      value: table.codec.valueOf(row.value, row.bytes),
    }));
  }

  // ---- inside ----

  protected override windowOf(entry: TimedEntry): Window {
    return { start: entry.minor, end: entry.time };
  }

  /** A session's update has the time of its end (S-148). */
  protected override forwardedTimestamp(_item: FlushItem, entry: TimedEntry): number {
    return entry.time;
  }

  /** In memory, of sessions that end together the one that starts last comes first. */
  #sessions(key: K, earliestEnd: number, latestStart: number, reverse: boolean): RowReader<SessionSnapshot> {
    const belongs = ({ minor }: TimedEntry): boolean => minor <= latestStart;
    const entries = this.between(key, earliestEnd, maxTime).filter(belongs);
    if (!this.#persistent) entries.sort((a, b) => a.time - b.time || b.minor - a.minor);
    if (reverse) entries.reverse();
    // A snapshot: entries change with the next write.
    const rows = entries.map(({ time, minor, value, bytes }) => ({ time, minor, value, bytes }));
    return this.throughCache(rows, entries, { key, from: earliestEnd, to: maxTime, reverse, asRange: false }, belongs);
  }

  #list(firstKey: K | undefined, lastKey: K | undefined, earliestEnd: number, latestStart: number, reverse: boolean): RowReader<ListedRow> {
    const { table } = this;
    table.open();
    const { keys, times } = table;
    const keyFrom = firstKey === undefined || firstKey === null ? undefined : keys.byteString(firstKey);
    const keyTo = lastKey === undefined || lastKey === null ? undefined : keys.byteString(lastKey);
    const range = { keyFrom, keyTo, from: earliestEnd, to: maxTime, readableFrom: times.readableFrom, reverse };
    const belongs = ({ minor }: { readonly minor: number }): boolean => minor <= latestStart;
    return this.listThroughCache(
      listRows(table, range, this.#order).filter(belongs),
      { ...range, everything: false },
      this.#order,
      belongs,
    );
  }

  #found(key: K, rows: RowReader<SessionSnapshot>): StoreIterator<KeyValue<Windowed<K>, V>> {
    return new ListIterator(rows, (row) => ({
      key: new Windowed(key, { start: row.minor, end: row.time }),
      value: this.table.codec.valueOf(row.value, row.bytes),
    }));
  }

  #listed(rows: RowReader<ListedRow>): StoreIterator<KeyValue<Windowed<K>, V>> {
    return new ListIterator(rows, (row) => ({
      key: new Windowed(this.#keyOf(row), { start: row.minor, end: row.time }),
      value: this.table.codec.valueOf(row.value, row.bytes),
    }));
  }

  #keyOf(row: ListedRow): K {
    const bytes = Buffer.from(row.byteKey, 'latin1');
    return this.table.keys.decode(bytes, 0, bytes.length);
  }
}
