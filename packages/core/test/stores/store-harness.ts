/** A store on a memory engine with a changelog that is kept, outside any task. */
import { MemoryEngine } from '@millrace/state/memory';
import type { EngineBatch } from '@millrace/state';
import type { OutputPartition } from '../../src/kafka/port.ts';
import { FetchedRecords, positionsPerRecord } from '../../src/kafka/fetched-records.ts';
import { topicPartition } from '../../src/kafka/topic-partition.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { Serde } from '../../src/serde/serde.ts';
import { createStore } from '../../src/stores/create-store.ts';
import type { KeyValueStore, TableStore, TimestampedKeyValueStore } from '../../src/stores/faces.ts';
import type { ManagedStore } from '../../src/stores/managed-store.ts';
import { ReadCache } from '../../src/stores/read-cache.ts';
import { CacheBudget } from '../../src/stores/record-cache.ts';
import { RecordContext } from '../../src/stores/record-context.ts';
import type { KeyValueStoreSpec } from '../../src/stores/store-spec.ts';

export interface Logged {
  readonly key: string;
  readonly value: string | null;
  readonly timestamp: number;
}

/** An engine that counts its reads. */
export class CountingEngine extends MemoryEngine {
  gets = 0;
  manyGets = 0;

  override get(key: Uint8Array): Uint8Array | undefined {
    this.gets++;
    return super.get(key);
  }

  override getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.manyGets++;
    const before = this.gets;
    const rows = super.getMany(keys);
    this.gets = before;
    return rows;
  }
}

export interface StoreOptions extends Partial<Omit<KeyValueStoreSpec, 'keySerde' | 'valueSerde'>> {
  readonly keySerde?: Serde<never>;
  readonly valueSerde?: Serde<never>;
  readonly cacheBytes?: number;
  readonly cacheBudget?: CacheBudget;
  readonly readCacheBytes?: number;
  readonly engine?: CountingEngine;
  readonly prefix?: readonly number[];
  readonly volatile?: boolean;
}

/** A record of the changelog, bytes as latin1 text. */
export interface ChangelogRow {
  readonly key: string;
  readonly value: string | null;
  readonly timestamp: number;
}

export class StoreHarness<S> {
  readonly engine: CountingEngine;
  readonly context = new RecordContext();
  readonly logged: Logged[] = [];
  /** Reasons of refused records. */
  readonly dropped: string[] = [];
  readonly readCache: ReadCache;
  readonly budget: CacheBudget | null;
  readonly managed: ManagedStore;
  readonly store: S;
  #batch: EngineBatch | undefined;

  constructor(options: StoreOptions = {}) {
    const {
      cacheBytes,
      cacheBudget,
      readCacheBytes = 1 << 20,
      engine = new CountingEngine(),
      prefix = [1, 0],
      volatile = false,
      ...rest
    } = options;
    this.engine = engine;
    this.readCache = new ReadCache(readCacheBytes);
    this.budget = cacheBudget ?? (cacheBytes === undefined ? null : new CacheBudget(cacheBytes));
    const spec = {
      kind: 'keyValue',
      name: 'store',
      persistence: 'persistent',
      caching: this.budget !== null,
      logging: {},
      keySerde: serdes.string(),
      valueSerde: serdes.string(),
      timestamped: false,
      ...rest,
    } as unknown as KeyValueStoreSpec;
    const logged = this.logged;
    const text = (buffer: Uint8Array, start: number, end: number): string => Buffer.from(buffer.subarray(start, end)).toString('utf8');
    const changelog: OutputPartition = {
      tp: topicPartition('app-store-changelog', 0),
      appended: 0,
      append(timestamp, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd) {
        logged.push({
          key: text(keyBuffer, keyStart, keyEnd),
          value: valueStart < 0 ? null : text(valueBuffer, valueStart, valueEnd),
          timestamp,
        });
      },
    };
    this.managed = createStore(spec, {
      taskId: '0_0',
      engine,
      prefix: Uint8Array.from(prefix),
      context: this.context,
      changelog: spec.logging === undefined ? null : changelog,
      serdeTopic: 'app-store-changelog',
      cacheBudget: this.budget,
      volatile,
      readCache: this.readCache,
      dropped: (reason) => this.dropped.push(reason),
    });
    // The specification says which face the store has.
    this.store = this.managed as unknown as S;
  }

  at(timestamp: number, topic = 'in', offset = 0): this {
    Object.assign(this.context, { defined: true, topic, partition: 0, offset, timestamp, record: null });
    return this;
  }

  take(): void {
    this.#batch ??= this.engine.batch();
    this.managed.take(this.#batch);
  }

  write(): void {
    void this.#batch?.commit();
    this.#batch = undefined;
    this.managed.settle();
  }

  commit(): this {
    this.managed.flush();
    this.take();
    this.write();
    return this;
  }

  /** Drops what is not committed. */
  abort(): void {
    this.#batch = undefined;
    this.managed.reset();
  }

  /** Replays records of the changelog. */
  restore(rows: readonly ChangelogRow[]): this {
    const parts: Buffer[] = [];
    let length = 0;
    const put = (text: string | null): readonly [number, number] => {
      if (text === null) return [-1, -1];
      const bytes = Buffer.from(text, 'latin1');
      parts.push(bytes);
      length += bytes.length;
      return [length - bytes.length, length];
    };
    const positions = new Int32Array(rows.length * positionsPerRecord);
    rows.forEach(({ key, value }, i) => positions.set([...put(key), ...put(value), -1], i * positionsPerRecord));
    const records = new FetchedRecords(topicPartition('app-store-changelog', 0), rows.length, rows.length, {
      buffer: Buffer.concat(parts),
      offsets: Float64Array.from(rows.keys()),
      timestamps: Float64Array.from(rows, ({ timestamp }) => timestamp),
      positions,
    });
    const batch = this.engine.batch();
    for (let i = 0; i < rows.length; i++) this.managed.restore(records, i, batch);
    void batch.commit();
    return this;
  }

  /** Takes what was logged since the last call, as `key=value@timestamp`. */
  takeLogged(): string[] {
    return this.logged.splice(0).map(({ key, value, timestamp }) => `${key}=${value}@${timestamp}`);
  }

  /** The engine's rows as latin1 text, without the store's prefix. */
  engineRows(): [string, string][] {
    const rows: [string, string][] = [];
    const iterator = this.engine.iterate({});
    while (iterator.next())
      rows.push([Buffer.from(iterator.key).toString('latin1').slice(2), Buffer.from(iterator.value).toString('latin1')]);
    iterator.close();
    return rows;
  }
}

export type PlainStore = KeyValueStore<string, string>;
export type TimestampedTable = TimestampedKeyValueStore<string, string> & TableStore<string, string>;
