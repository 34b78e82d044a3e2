/** A task with its surroundings for tests: plans written by hand, an output that keeps what is appended, input batches from plain data, commits in one call. */
import { MemoryEngine } from '@millrace/state/memory';
import type { StateEngine } from '@millrace/state';
import type { ErrorHandlers, Task, TaskInit, TaskSettings } from '../../src/engine/contract.ts';
import { createTask } from '../../src/engine/task.ts';
import { FetchedRecords, positionsPerRecord } from '../../src/kafka/fetched-records.ts';
import type { Acknowledged, Output, OutputPartition } from '../../src/kafka/port.ts';
import { topicPartition, type TopicPartition } from '../../src/kafka/topic-partition.ts';
import { type Logger, silentLogger } from '../../src/log.ts';
import { MetricsRegistry } from '../../src/metrics.ts';
import type { AnyProcessor, ProcessorContext } from '../../src/processor/processor.ts';
import type { StreamRecord } from '../../src/record.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { Serde } from '../../src/serde/serde.ts';
import type { KeyValueStoreSpec } from '../../src/stores/store-spec.ts';
import type { NodePlan, ProcessorPlan, SinkPlan, SourcePlan, StorePlan, SubtopologyPlan } from '../../src/topology/plan.ts';

export interface Sent {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: readonly (readonly [string, string | null])[];
}

function text(buffer: Uint8Array, start: number, end: number): string | null {
  return start < 0 ? null : Buffer.from(buffer.subarray(start, end)).toString('latin1');
}

/** Keeps what was appended as text (latin1 of the bytes) and acknowledges all of it when asked. */
export class TestOutput implements Output {
  readonly sent: Sent[] = [];
  bufferedBytes = 0;
  full = false;
  readonly counts = new Map<string, number | undefined>();
  readonly #partitions = new Map<TopicPartition, OutputPartition & { appended: number }>();
  readonly #acknowledged = new Map<TopicPartition, number>();

  partitionCount(topic: string): number | undefined {
    return this.counts.has(topic) ? this.counts.get(topic) : 1;
  }

  partition(topic: string, partition: number): OutputPartition {
    const tp = topicPartition(topic, partition);
    let output = this.#partitions.get(tp);
    if (output === undefined) {
      const { sent } = this;
      output = {
        tp,
        appended: 0,
        append(timestamp, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd, headers) {
          this.appended++;
          const list = (headers?.toArray() ?? []).map(
            ({ key, value }) => [key, value === null ? null : text(value, 0, value.length)] as const,
          );
          sent.push({
            topic,
            partition,
            key: text(keyBuffer, keyStart, keyEnd),
            value: text(valueBuffer, valueStart, valueEnd),
            timestamp,
            headers: list,
          });
        },
      };
      this.#partitions.set(tp, output);
    }
    return output;
  }

  acknowledge(): Map<TopicPartition, Acknowledged> {
    const acks = new Map<TopicPartition, Acknowledged>();
    for (const [tp, { appended }] of this.#partitions) {
      if (appended === (this.#acknowledged.get(tp) ?? 0)) continue;
      this.#acknowledged.set(tp, appended);
      acks.set(tp, { lastOffset: appended - 1, contiguous: true });
    }
    return acks;
  }

  /** `key=value@timestamp` of what went to a topic, and forgets it. */
  take(topic: string): string[] {
    const mine = this.sent.filter((record) => record.topic === topic);
    const others = this.sent.filter((record) => record.topic !== topic);
    this.sent.splice(0, this.sent.length, ...others);
    return mine.map(({ key, value, timestamp }) => `${key}=${value}@${timestamp}`);
  }
}

export interface Input {
  readonly key?: string | Uint8Array | null;
  readonly value?: string | Uint8Array | null;
  readonly timestamp?: number;
  readonly headers?: readonly (readonly [string, string])[];
}

function zigZag(value: number): number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** A fetched batch of consecutive offsets. */
export function fetched(
  tp: TopicPartition,
  firstOffset: number,
  inputs: readonly Input[],
  nextOffset: number = firstOffset + inputs.length,
): FetchedRecords {
  const bytes: number[] = [];
  const positions = new Int32Array(inputs.length * positionsPerRecord);
  const put = (value: string | Uint8Array | null | undefined): readonly [number, number] => {
    if (value === null || value === undefined) return [-1, -1];
    const start = bytes.length;
    for (const byte of typeof value === 'string' ? Buffer.from(value) : value) bytes.push(byte);
    return [start, bytes.length];
  };
  inputs.forEach((input, i) => {
    const [keyStart, keyEnd] = put(input.key);
    const [valueStart, valueEnd] = put(input.value);
    let headers = -1;
    if (input.headers !== undefined) {
      headers = bytes.length;
      bytes.push(...zigZag(input.headers.length));
      for (const [name, value] of input.headers) {
        bytes.push(...zigZag(Buffer.byteLength(name)), ...Buffer.from(name), ...zigZag(Buffer.byteLength(value)), ...Buffer.from(value));
      }
    }
    positions.set([keyStart, keyEnd, valueStart, valueEnd, headers], i * positionsPerRecord);
  });
  return new FetchedRecords(tp, inputs.length, nextOffset, {
    buffer: Uint8Array.from(bytes),
    offsets: Float64Array.from(inputs, (_, i) => firstOffset + i),
    timestamps: Float64Array.from(inputs, (input) => input.timestamp ?? 0),
    positions,
  });
}

// ---- plans ----

export const failing: ErrorHandlers = { deserialization: () => 'fail', processing: () => 'fail', production: () => 'fail' };
export const continuing: ErrorHandlers = { deserialization: () => 'continue', processing: () => 'continue', production: () => 'continue' };

export const anySerde = (serde: unknown): Serde<unknown> => serde as Serde<unknown>;
const utf8 = anySerde(serdes.string());

export function source(name: string, topic: string, children: readonly string[], extra: Partial<SourcePlan> = {}): SourcePlan {
  return {
    kind: 'source',
    name,
    children,
    topics: [{ name: topic, internal: false }],
    pattern: undefined,
    keySerde: utf8,
    valueSerde: utf8,
    timestampExtractor: undefined,
    offsetReset: undefined,
    ...extra,
  };
}

export function sink(name: string, topic: string, extra: Partial<SinkPlan> = {}): SinkPlan {
  return {
    kind: 'sink',
    name,
    children: [],
    topic: { name: topic, internal: false },
    keySerde: utf8,
    valueSerde: utf8,
    partitioner: undefined,
    ...extra,
  };
}

type TestRecord = StreamRecord<string, string>;
export type TestContext = ProcessorContext<unknown, unknown>;

export interface TestProcessor {
  init?(context: TestContext): void;
  process?(record: TestRecord, context: TestContext): void;
  close?(): void;
}

/** A processor node; without `process` it forwards what it gets. */
export function node(name: string, children: readonly string[], make: () => TestProcessor, stores: readonly string[] = []): ProcessorPlan {
  const create = (): AnyProcessor => {
    const inner = make();
    let context!: TestContext;
    const processor = {
      init(given: TestContext): void {
        context = given;
        inner.init?.(given);
      },
      process(record: TestRecord): void {
        if (inner.process === undefined) context.forward(record);
        else inner.process(record, context);
      },
      close(): void {
        inner.close?.();
      },
    };
    return processor;
  };
  return { kind: 'processor', name, children, create, stores };
}

export function store(name: string, extra: Partial<KeyValueStoreSpec> = {}): StorePlan {
  const logging = 'logging' in extra ? extra.logging : {};
  const spec: KeyValueStoreSpec = {
    kind: 'keyValue',
    name,
    persistence: 'persistent',
    caching: false,
    logging,
    keySerde: utf8,
    valueSerde: utf8,
    timestamped: false,
    ...extra,
  };
  return { spec, changelog: logging === undefined ? undefined : { name: `${name}-changelog`, internal: true }, changelogIsSource: false };
}

export function plan(nodes: readonly NodePlan[], stores: readonly StorePlan[] = []): SubtopologyPlan {
  return {
    id: 0,
    nodes,
    stores,
    sourceTopics: nodes.flatMap((node) => (node.kind === 'source' ? node.topics : [])),
    repartitionSinks: [],
    copartitionGroups: [],
  };
}

/** The record's timestamp; a negative one drops the record. */
const timestampOf: TaskSettings['timestampExtractor'] = (record) => record.timestamp;

export const defaultSettings: TaskSettings = {
  applicationId: 'app',
  handlers: failing,
  maxTaskIdleMs: 0,
  bufferedRecordsPerPartition: 1000,
  maxUncommittedBytes: 64 << 20,
  emitIntervalMs: 0,
  readCacheBytes: 1 << 20,
  cacheBytes: 0,
  storeFormat: 'default',
  timestampExtractor: timestampOf,
};

export interface HarnessOptions extends Partial<TaskSettings> {
  readonly engine?: StateEngine;
  readonly output?: TestOutput;
  readonly partition?: number;
  readonly cacheBudget?: TaskInit['cacheBudget'];
  readonly log?: Logger;
}

export class Harness {
  readonly output: TestOutput;
  readonly metrics = new MetricsRegistry();
  readonly engine: StateEngine;
  readonly task: Task;
  readonly subtopology: SubtopologyPlan;
  readonly #offsets = new Map<TopicPartition, number>();
  readonly partition: number;

  constructor(subtopology: SubtopologyPlan, options: HarnessOptions = {}) {
    const { output = new TestOutput(), partition = 0, engine = new MemoryEngine(), cacheBudget, log = silentLogger, ...settings } = options;
    this.output = output;
    this.partition = partition;
    this.engine = engine;
    this.subtopology = subtopology;
    const sourceTopics = new Map<string, readonly string[]>();
    for (const node of subtopology.nodes) {
      if (node.kind === 'source')
        sourceTopics.set(
          node.name,
          node.topics.map(({ name, internal }) => (internal ? `app-${name}` : name)),
        );
    }
    this.task = createTask({
      id: `0_${partition}`,
      partition,
      subtopologies: [subtopology],
      sourceTopics,
      engine,
      output,
      settings: { ...defaultSettings, ...settings },
      cacheBudget,
      metrics: this.metrics,
      log,
    });
  }

  /** Starts with nothing committed and every input caught up. */
  start(nowMs = 0): this {
    for (const tp of this.task.inputs) this.task.takePosition(tp, null);
    this.task.start(nowMs);
    for (const tp of this.task.inputs) this.task.noteProgress(tp, 0, 0);
    return this;
  }

  tp(topic: string): TopicPartition {
    return topicPartition(topic, this.partition);
  }

  enqueue(topic: string, ...inputs: readonly Input[]): this {
    const tp = this.tp(topic);
    const offset = this.#offsets.get(tp) ?? 0;
    this.#offsets.set(tp, offset + inputs.length);
    this.task.enqueue(fetched(tp, offset, inputs));
    this.task.noteProgress(tp, offset + inputs.length, offset + inputs.length);
    return this;
  }

  /** Enqueues and processes everything. */
  pipe(topic: string, ...inputs: readonly Input[]): this {
    this.enqueue(topic, ...inputs);
    this.run();
    return this;
  }

  run(nowMs = 0): number {
    let ran = 0;
    while (this.task.ready(nowMs)) {
      const now = this.task.process(100, nowMs);
      if (now === 0) break;
      ran += now;
    }
    return ran;
  }

  /** A whole commit; returns what was committed, as `offset:metadata`. */
  commit(): Map<string, string> {
    const { offsets } = this.task.prepareCommit();
    const acks = this.output.acknowledge();
    void this.task.writeUnlogged();
    void this.task.completeCommit(acks);
    return new Map([...offsets].map(([tp, { offset, metadata }]) => [tp.topic, `${offset}:${metadata}`]));
  }

  get dropped(): number {
    return this.metrics.collect().find(({ name }) => name === 'dropped-records-total')?.value ?? 0;
  }
}
