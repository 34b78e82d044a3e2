/** Scripted stand-ins for what the runtime talks to: the test says what each answers, and reads what each was asked. */
import { MemoryEngine } from '@millrace/state/memory';
import type { TaskState } from '@millrace/state';
import type { ChangelogState, CommitRequest, Task } from '../../../src/engine/contract.ts';
import { ClientError } from '../../../src/errors.ts';
import { FetchedRecords, positionsPerRecord } from '../../../src/kafka/fetched-records.ts';
import type {
  Acknowledged,
  ClusterAdmin,
  CommittedOffset,
  PartitionReader,
  PollLimits,
  PollResult,
  ReaderOptions,
  RecordProducer,
  StreamsClient,
  TopicDescription,
  TopicSpec,
} from '../../../src/kafka/port.ts';
import { type TopicPartition, topicPartition } from '../../../src/kafka/topic-partition.ts';
import type { AssignedTask, TaskCoordinator } from '../../../src/runtime/coordinator.ts';
import { type KafkaStreamsOptions, resolveOptions, type RuntimeOptions } from '../../../src/runtime/options.ts';
import { OwnedTask } from '../../../src/runtime/owned-task.ts';
import type { Clock, Timer } from '../../../src/time.ts';

/** Timers fire when the test says so; `yield` costs a microtask. */
export class TestClock implements Clock {
  #now = 1_000_000;
  #timers: { readonly due: number; readonly fire: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer = { due: this.#now + delayMs, fire: callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  yield(): Promise<void> {
    return Promise.resolve();
  }

  /** Time passes inside a synchronous call: nothing fires. */
  spend(ms: number): void {
    this.#now += ms;
  }

  get pending(): number {
    return this.#timers.length;
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const next = this.#timers.filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.due);
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.fire();
    }
    this.#now = end;
    await settled();
  }
}

/** Everything that can happen without a timer has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const unused = (name: string) => (): never => {
  throw new Error(`${name} is not scripted`);
};

/** Answers polls one by one with what the test gives; a poll waits until there is something, its wait is over, or its signal aborts. */
export class FakeReader implements PartitionReader {
  readonly assigned = new Map<TopicPartition, number>();
  readonly calls: string[] = [];
  /** How long each poll was willing to wait. */
  readonly waits: number[] = [];
  readonly options: ReaderOptions | undefined;
  #answers: PollResult[] = [];
  #waiting: ((result: PollResult) => void) | undefined;
  closed = false;

  constructor(options?: ReaderOptions) {
    this.options = options;
  }

  assign(positions: ReadonlyMap<TopicPartition, number>): void {
    for (const [tp, position] of positions) {
      this.assigned.set(tp, position);
      this.calls.push(`assign ${tp.topic}-${tp.partition}@${position}`);
    }
  }

  unassign(tps: readonly TopicPartition[]): void {
    for (const tp of tps) {
      this.assigned.delete(tp);
      this.calls.push(`unassign ${tp.topic}-${tp.partition}`);
    }
  }

  seek(tp: TopicPartition, offset: number): void {
    this.calls.push(`seek ${tp.topic}-${tp.partition}@${offset}`);
  }

  pause(tps: readonly TopicPartition[]): void {
    for (const tp of tps) this.calls.push(`pause ${tp.topic}-${tp.partition}`);
  }

  resume(tps: readonly TopicPartition[]): void {
    for (const tp of tps) this.calls.push(`resume ${tp.topic}-${tp.partition}`);
  }

  position(tp: TopicPartition): number {
    return this.assigned.get(tp) ?? 0;
  }

  answer(result: Partial<PollResult>): void {
    const full = { batches: [], progress: [], issues: [], ...result };
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#answers.push(full);
    else waiting(full);
  }

  poll(limits: PollLimits): Promise<PollResult> {
    this.waits.push(limits.maxWaitMs);
    const ready = this.#answers.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    const nothing: PollResult = { batches: [], progress: [], issues: [] };
    if (limits.maxWaitMs === 0 || limits.signal?.aborted === true || this.closed) return Promise.resolve(nothing);
    return new Promise((resolve) => {
      this.#waiting = resolve;
      limits.signal?.addEventListener('abort', () => {
        if (this.#waiting === resolve) this.#waiting = undefined;
        resolve(nothing);
      });
    });
  }

  close(): Promise<void> {
    this.closed = true;
    this.#waiting?.({ batches: [], progress: [], issues: [] });
    return Promise.resolve();
  }
}

export interface FakeLog {
  start: number;
  end: number;
  topicId?: string;
}

/** Knows logs by partition and settings by topic. */
export class FakeAdmin implements ClusterAdmin {
  readonly logs = new Map<TopicPartition, FakeLog>();
  readonly configs = new Map<string, ReadonlyMap<string, string>>();
  readonly deleted: [TopicPartition, number][] = [];
  /** Thrown by the next calls, one each. */
  readonly failures: Error[] = [];

  #fail(): void {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }

  describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription | undefined>> {
    const described = new Map<string, TopicDescription | undefined>();
    for (const name of names) {
      const partitions = [...this.logs].filter(([tp]) => tp.topic === name);
      described.set(name, partitions.length === 0 ? undefined : { name, id: partitions[0]?.[1].topicId, partitions: partitions.length });
    }
    return Promise.resolve(described);
  }

  async listOffsets(queries: ReadonlyMap<TopicPartition, 'earliest' | 'latest' | number>): Promise<ReadonlyMap<TopicPartition, number>> {
    await Promise.resolve();
    this.#fail();
    const offsets = new Map<TopicPartition, number>();
    for (const [tp, query] of queries) {
      const log = this.logs.get(tp);
      if (log !== undefined) offsets.set(tp, query === 'earliest' ? log.start : query === 'latest' ? log.end : log.start);
    }
    return offsets;
  }

  topicConfigs(names: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    return Promise.resolve(
      new Map(names.flatMap((name) => (this.configs.has(name) ? [[name, this.configs.get(name) as ReadonlyMap<string, string>]] : []))),
    );
  }

  async deleteRecords(before: ReadonlyMap<TopicPartition, number>): Promise<void> {
    await Promise.resolve();
    this.#fail();
    this.deleted.push(...before);
  }

  listTopics(): Promise<readonly string[]> {
    return Promise.resolve([...new Set(Array.from(this.logs.keys(), (tp) => tp.topic))]);
  }

  readonly created: TopicSpec[] = [];
  /** What the next creations of a topic answer; by default it is created at once. */
  readonly creations = new Map<string, ('created' | 'exists' | ClientError)[]>();

  createTopics(topics: readonly TopicSpec[]): Promise<ReadonlyMap<string, 'created' | 'exists' | ClientError>> {
    const results = new Map<string, 'created' | 'exists' | ClientError>();
    for (const topic of topics) {
      const result = this.creations.get(topic.name)?.shift() ?? 'created';
      results.set(topic.name, result);
      if (result !== 'created') continue;
      this.created.push(topic);
      for (let partition = 0; partition < topic.partitions; partition++)
        this.logs.set(topicPartition(topic.name, partition), { start: 0, end: 0 });
    }
    return Promise.resolve(results);
  }

  deleteTopics: ClusterAdmin['deleteTopics'] = unused('deleteTopics');
  groupOffsets: ClusterAdmin['groupOffsets'] = unused('groupOffsets');
}

export class FakeClient implements StreamsClient {
  readonly clock: Clock;
  readonly readers: FakeReader[] = [];
  readonly producers: FakeProducer[] = [];
  readonly fakeAdmin = new FakeAdmin();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  connect: StreamsClient['connect'] = unused('connect');
  member: StreamsClient['member'] = unused('member');

  admin(): ClusterAdmin {
    return this.fakeAdmin;
  }

  reader(options: ReaderOptions): FakeReader {
    const reader = new FakeReader(options);
    this.readers.push(reader);
    return reader;
  }

  producer(): FakeProducer {
    const producer = new FakeProducer();
    this.producers.push(producer);
    return producer;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Notes what it is asked in `events`, a list that it may share with others to show an order. */
export class FakeProducer implements RecordProducer {
  events: string[] = [];
  acknowledged: ReadonlyMap<TopicPartition, Acknowledged> = new Map();
  flushFailure: Error | undefined;
  readonly bufferedBytes = 0;
  full = false;
  readonly known = new Set<string>();

  partitionCount(topic: string): number | undefined {
    return this.known.has(topic) ? 1 : undefined;
  }

  partition: RecordProducer['partition'] = unused('partition');

  lookUp(topics: readonly string[]): Promise<void> {
    this.events.push(`lookUp ${topics.join(',')}`);
    for (const topic of topics) this.known.add(topic);
    return Promise.resolve();
  }

  send(): void {}

  drained(): Promise<void> {
    return Promise.resolve();
  }

  flush(): Promise<ReadonlyMap<TopicPartition, Acknowledged>> {
    this.events.push('flush');
    return this.flushFailure === undefined ? Promise.resolve(this.acknowledged) : Promise.reject(this.flushFailure);
  }

  close(): Promise<void> {
    this.events.push('close');
    return Promise.resolve();
  }
}

export class FakeCoordinator implements TaskCoordinator {
  events: string[] = [];
  readonly offsets = new Map<TopicPartition, CommittedOffset>();
  /** Thrown by the next commits, one each. */
  readonly commitFailures: Error[] = [];
  isMember = true;

  prepare = (): Promise<void> => Promise.resolve();
  start = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => Promise.resolve();
  noteProgress(): void {}

  requestRejoin(): void {
    this.events.push('rejoin');
  }

  requestShutdown(): void {
    this.events.push('shutdown');
  }

  metadata(): ReturnType<TaskCoordinator['metadata']> {
    return this.isMember ? { groupId: 'app', generation: 1, memberId: 'm', instanceId: null } : undefined;
  }

  committed(tps: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartition, CommittedOffset | null>> {
    return Promise.resolve(new Map(tps.map((tp) => [tp, this.offsets.get(tp) ?? null])));
  }

  commit(offsets: ReadonlyMap<TopicPartition, CommittedOffset>): Promise<void> {
    const failure = this.commitFailures.shift();
    this.events.push(
      `commit ${[...offsets].map(([tp, { offset }]) => `${tp.topic}-${tp.partition}@${offset}`).join(',')}${failure === undefined ? '' : ' fails'}`,
    );
    if (failure !== undefined) return Promise.reject(failure);
    for (const [tp, offset] of offsets) this.offsets.set(tp, offset);
    return Promise.resolve();
  }
}

/** A task whose restore and commit are noted and nothing else. */
export class FakeTask {
  readonly id: string;
  readonly inputs: readonly TopicPartition[];
  changelogs: ChangelogState[];
  readonly hasState: boolean;
  events: string[] = [];
  readonly restored: string[] = [];
  offsets = new Map<TopicPartition, CommittedOffset>();
  unresolvedTopics: string[] = [];
  completeFailure: Error | undefined;
  /** Where each restore ended. */
  readonly ends = new Map<TopicPartition, number>();
  #applied = new Map<TopicPartition, number>();

  constructor(
    id: string,
    options: {
      readonly inputs?: readonly TopicPartition[];
      readonly changelogs?: readonly ChangelogState[];
      readonly hasState?: boolean;
    } = {},
  ) {
    this.id = id;
    this.inputs = options.inputs ?? [];
    this.changelogs = [...(options.changelogs ?? [])];
    this.hasState = options.hasState ?? false;
  }

  /** As the runtime takes it: only what these tests use is there, the rest would throw as undefined. */
  asTask(): Task {
    return this as unknown as Task;
  }

  restore(batch: FetchedRecords): void {
    for (let index = 0; index < batch.count; index++) this.restored.push(`${batch.tp.topic}@${batch.offset(index)}`);
    this.#applied.set(batch.tp, batch.nextOffset);
  }

  flushRestore(): Promise<void> {
    this.events.push('flushRestore');
    this.changelogs = this.changelogs.map((changelog) => ({
      ...changelog,
      position: this.#applied.get(changelog.tp) ?? changelog.position,
    }));
    return Promise.resolve();
  }

  noteRestored(tp: TopicPartition, end: number): void {
    this.ends.set(tp, end);
  }

  seek(tp: TopicPartition, offset: number): void {
    this.events.push(`seek ${tp.topic}-${tp.partition}@${offset}`);
  }

  wipe(recreated: readonly string[] = []): void {
    this.events.push(['wipe', ...recreated].join(' '));
    this.changelogs = this.changelogs.map(({ inputPosition, ...changelog }) => ({
      ...changelog,
      position: undefined,
      otherFormat: undefined,
      inputPosition: recreated.includes(changelog.tp.topic) ? undefined : inputPosition,
    }));
    this.#applied = new Map();
  }

  prepareCommit(): CommitRequest {
    this.events.push(`${this.id} prepare`);
    return { offsets: this.offsets };
  }

  writeUnlogged(): void {
    this.events.push(`${this.id} unlogged`);
  }

  completeCommit(): void {
    this.events.push(`${this.id} complete`);
    if (this.completeFailure !== undefined) throw this.completeFailure;
  }

  retryUnresolved(): void {
    this.events.push(`${this.id} retry`);
    this.unresolvedTopics = [];
  }
}

export function fakeState(taskId: string, options: { readonly existed?: boolean; readonly ageMs?: number } = {}): TaskState {
  const engine = new MemoryEngine();
  return {
    taskId,
    engine,
    existed: options.existed ?? false,
    ageMs: options.ageMs ?? 0,
    noteCheckpoint: () => {},
    close: () => {},
    destroy: () => {},
  };
}

export function owned(task: FakeTask, state: TaskState = fakeState(task.id)): OwnedTask {
  const [subtopology = 0, partition = 0] = task.id.split('_').map(Number);
  const assigned: AssignedTask = { id: task.id, subtopology, partition, sourceTopics: task.inputs.map((tp) => tp.topic) };
  return new OwnedTask(assigned, state, task.asTask());
}

export function testOptions(clock: Clock, options: Partial<KafkaStreamsOptions> = {}): RuntimeOptions {
  return resolveOptions({
    applicationId: 'app',
    client: { create: unused('create') },
    state: { kind: 'memory', durable: false, synchronous: true, open: unused('open') },
    clock,
    ...options,
  });
}

/** A batch of records without content at these offsets, `nextOffset` behind it. */
export function batchAt(tp: TopicPartition, offsets: readonly number[], nextOffset: number): FetchedRecords {
  return new FetchedRecords(tp, offsets.length, nextOffset, {
    buffer: new Uint8Array(1),
    offsets: Float64Array.from(offsets),
    timestamps: new Float64Array(offsets.length),
    positions: new Int32Array(offsets.length * positionsPerRecord).fill(-1),
  });
}

/** As {@link batchAt}, and the last record ends behind so many bytes. */
export function bigBatchAt(tp: TopicPartition, offsets: readonly number[], nextOffset: number, bytes: number): FetchedRecords {
  const positions = new Int32Array(offsets.length * positionsPerRecord).fill(-1);
  positions.fill(bytes, -positionsPerRecord);
  return new FetchedRecords(tp, offsets.length, nextOffset, {
    buffer: new Uint8Array(1),
    offsets: Float64Array.from(offsets),
    timestamps: new Float64Array(offsets.length),
    positions,
  });
}

export const retriable = (message: string): ClientError => new ClientError('retriable', message);
