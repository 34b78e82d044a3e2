/** A store of any kind on a memory engine with a changelog that keeps bytes, which can be opened again on the same engine or restored from the changelog. */
import { MemoryEngine } from '@millrace/state/memory';
import type { EngineBatch, StateEngine } from '@millrace/state';
import { FetchedRecords, positionsPerRecord } from '../../src/kafka/fetched-records.ts';
import type { OutputPartition } from '../../src/kafka/port.ts';
import { topicPartition } from '../../src/kafka/topic-partition.ts';
import type { Headers } from '../../src/headers.ts';
import { ByteWriter } from '../../src/serde/byte-writer.ts';
import { serdes } from '../../src/serde/serdes.ts';
import { createStore } from '../../src/stores/create-store.ts';
import type { ManagedStore } from '../../src/stores/managed-store.ts';
import { ReadCache } from '../../src/stores/read-cache.ts';
import { CacheBudget } from '../../src/stores/record-cache.ts';
import { RecordContext } from '../../src/stores/record-context.ts';
import type { StoreSpec } from '../../src/stores/store-spec.ts';

/** A changelog record as bytes in latin1 text. */
export interface LoggedBytes {
  readonly key: string;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: readonly (readonly [string, string | null])[];
}

/** Counts what is read of the engine, and the ranges that are deleted. */
export class ReadCountingEngine extends MemoryEngine {
  reads = 0;
  rangeDeletions = 0;

  override batch(): EngineBatch {
    const batch = super.batch();
    const deleteRange = batch.deleteRange.bind(batch);
    batch.deleteRange = (gte, lt) => {
      this.rangeDeletions++;
      deleteRange(gte, lt);
    };
    return batch;
  }

  override get(key: Uint8Array): Uint8Array | undefined {
    this.reads++;
    return super.get(key);
  }

  override getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    const before = this.reads;
    const rows = super.getMany(keys);
    this.reads = before + 1;
    return rows;
  }

  override iterate(range: Parameters<MemoryEngine['iterate']>[0]): ReturnType<MemoryEngine['iterate']> {
    this.reads++;
    return super.iterate(range);
  }
}

export interface WindowedHarnessOptions {
  readonly cacheBytes?: number | undefined;
  readonly readCacheBytes?: number | undefined;
  readonly maxHeldBytes?: number | undefined;
  readonly engine?: StateEngine | undefined;
}

const topic = 'app-store-changelog';
const tp = topicPartition(topic, 0);

export const specBase = {
  name: 'store',
  persistence: 'persistent',
  caching: false,
  logging: {},
  keySerde: serdes.string(),
  valueSerde: serdes.string(),
} as const;

export class WindowedHarness<S> {
  readonly spec: StoreSpec;
  readonly engine: ReadCountingEngine;
  readonly context = new RecordContext();
  readonly logged: LoggedBytes[];
  readonly dropped: string[] = [];
  readonly managed: ManagedStore;
  readonly store: S;
  readonly #options: WindowedHarnessOptions;
  #batch: EngineBatch | undefined;

  constructor(spec: StoreSpec, options: WindowedHarnessOptions = {}, logged: LoggedBytes[] = []) {
    this.spec = spec;
    this.#options = options;
    this.logged = logged;
    this.engine = (options.engine as ReadCountingEngine | undefined) ?? new ReadCountingEngine();
    const changelog: OutputPartition = {
      tp,
      appended: 0,
      append(timestamp, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd, headers: Headers | null) {
        logged.push({
          key: latin1(keyBuffer, keyStart, keyEnd),
          value: valueStart < 0 ? null : latin1(valueBuffer, valueStart, valueEnd),
          timestamp,
          headers: (headers?.toArray() ?? []).map(({ key, value }) => [key, value === null ? null : latin1(value, 0, value.length)]),
        });
      },
    };
    this.managed = createStore(spec, {
      taskId: '0_0',
      engine: this.engine,
      prefix: Uint8Array.from([1, 0]),
      context: this.context,
      changelog: spec.logging === undefined ? null : changelog,
      serdeTopic: topic,
      cacheBudget: options.cacheBytes === undefined ? null : new CacheBudget(options.cacheBytes),
      maxHeldBytes: options.maxHeldBytes,
      readCache: new ReadCache(options.readCacheBytes ?? 1 << 20),
      dropped: (reason) => this.dropped.push(reason),
    });
    // The specification says which face the store has.
    this.store = this.managed as unknown as S;
  }

  at(timestamp: number, offset = 0): this {
    Object.assign(this.context, { defined: true, topic: 'in', partition: 0, offset, timestamp, record: null });
    return this;
  }

  commit(): this {
    this.managed.flush();
    this.#batch ??= this.engine.batch();
    this.managed.take(this.#batch);
    void this.#batch.commit();
    this.#batch = undefined;
    this.managed.settle();
    return this;
  }

  /** Drops what is not committed. */
  abort(): this {
    this.managed.reset();
    return this;
  }

  /** The same store in a new task on the same engine: what was not committed is gone. */
  reopened(): WindowedHarness<S> {
    return new WindowedHarness<S>(this.spec, { ...this.#options, engine: this.engine }, this.logged);
  }

  /** The same store on an empty engine, restored from the changelog. */
  restored(): WindowedHarness<S> {
    const harness = new WindowedHarness<S>(this.spec, { ...this.#options, engine: new ReadCountingEngine() }, this.logged);
    const batch = harness.engine.batch();
    const records = fetched(this.logged);
    for (let i = 0; i < records.count; i++) harness.managed.restore(records, i, batch);
    harness.managed.finishRestore?.(batch);
    void batch.commit();
    return harness;
  }

  takeLogged(): LoggedBytes[] {
    return this.logged.splice(0);
  }
}

/** Records of the changelog as a fetch would bring them. */
export function fetched(logged: readonly LoggedBytes[]): FetchedRecords {
  const writer = new ByteWriter();
  const positions = new Int32Array(logged.length * positionsPerRecord);
  const offsets = new Float64Array(logged.length);
  const timestamps = new Float64Array(logged.length);
  logged.forEach((record, i) => {
    const range = (text: string | null, at: number): void => {
      if (text === null) {
        positions[at] = positions[at + 1] = -1;
        return;
      }
      positions[at] = writer.position;
      writer.writeBytes(Buffer.from(text, 'latin1'));
      positions[at + 1] = writer.position;
    };
    const at = i * positionsPerRecord;
    range(record.key, at);
    range(record.value, at + 2);
    positions[at + 4] = -1;
    if (record.headers.length > 0) {
      positions[at + 4] = writer.position;
      writer.writeUint8(record.headers.length * 2);
      for (const [key, value] of record.headers) {
        writer.writeUint8(key.length * 2);
        writer.writeUtf8(key);
        writer.writeUint8(value === null ? 1 : value.length * 2);
        if (value !== null) writer.writeBytes(Buffer.from(value, 'latin1'));
      }
    }
    offsets[i] = i;
    timestamps[i] = record.timestamp;
  });
  return new FetchedRecords(tp, logged.length, logged.length, { buffer: writer.buffer, offsets, timestamps, positions });
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}
