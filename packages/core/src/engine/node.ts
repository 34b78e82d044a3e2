/**
 * A node that runs: a processor with its context. Forwarding is a direct call, depth first; the innermost processor hears of a failure (EX-02, S-200).
 * Kafka Streams: `ProcessorNode`, `ProcessorContextImpl`.
 */
import { describeValue, type ErrorDetails, StreamsError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Cancellable, OperatorContext, Processor, PunctuationType, Punctuator, ScheduleOptions } from '../processor/processor.ts';
import { forwardsCopies, keepsKeys } from '../processor/record-copies.ts';
import { refusePromise } from '../processor/synchronous.ts';
import { type RecordMetadata, StreamRecord } from '../record.ts';
import { readOnlyStore } from '../stores/read-only-store.ts';
import type { RecordContext } from '../stores/record-context.ts';
import type { Duration } from '../time.ts';
import type { DroppedRecords } from './dropped-records.ts';
import type { ErrorPolicy } from './error-policy.ts';
import { parseSchedule } from './punctuation.ts';

export type AnyRecord = StreamRecord<unknown, unknown>;

/** What a record can be handed to. */
export interface EngineNode {
  readonly name: string;
  process(record: AnyRecord): void;
}

/** What the nodes of a task share. */
export interface NodeServices {
  readonly applicationId: string;
  readonly taskId: string;
  readonly context: RecordContext;
  readonly policy: ErrorPolicy;
  readonly dropped: DroppedRecords;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly emitIntervalMs: number;
  readonly nowMs: () => number;
  readonly streamTime: () => number;
  readonly requestCommit: () => void;
  readonly keepTime: (name: string, current: () => number) => number;
  /** `startMs` undefined: the kind of time decides. */
  readonly schedule: (
    node: string,
    startMs: number | undefined,
    intervalMs: number,
    type: PunctuationType,
    punctuate: Punctuator,
  ) => Cancellable;
  /** The public face of a store of the task; undefined if there is none of this name. */
  readonly store: (name: string) => unknown;
  /** Stores that one node alone may write, and that node. */
  readonly storeWriters: ReadonlyMap<string, string>;
  /** A store of the instance, which every node may read; undefined if there is none of this name. */
  readonly globalStore: ((name: string) => unknown) | undefined;
}

class NodeContext implements OperatorContext<unknown, unknown> {
  readonly applicationId: string;
  readonly taskId: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly emitIntervalMs: number;
  readonly hasChildren: boolean;
  readonly #node: string;
  readonly #stores: readonly string[];
  readonly #services: NodeServices;
  readonly #context: RecordContext;
  readonly #children: readonly EngineNode[];
  /** The child if there is exactly one. */
  readonly #only: EngineNode | null;
  /** What is forwarded counts as another record even if it is the same. */
  readonly #copies: boolean;
  /** Only records whose key came in may be forwarded. */
  readonly #fixedKey: boolean;
  #closers: (() => void)[] = [];
  #retired = false;

  constructor(
    node: string,
    stores: readonly string[],
    children: readonly EngineNode[],
    copies: boolean,
    fixedKey: boolean,
    services: NodeServices,
  ) {
    this.applicationId = services.applicationId;
    this.taskId = services.taskId;
    this.log = services.log;
    this.metrics = services.metrics;
    this.emitIntervalMs = services.emitIntervalMs;
    this.hasChildren = children.length > 0;
    this.#node = node;
    this.#stores = stores;
    this.#services = services;
    this.#context = services.context;
    this.#children = children;
    this.#copies = copies;
    this.#fixedKey = fixedKey;
    this.#only = children.length === 1 ? (children[0] as EngineNode) : null;
  }

  get recordMetadata(): RecordMetadata | undefined {
    const context = this.#context;
    return context.defined ? { topic: context.topic ?? '', partition: context.partition, offset: context.offset } : undefined;
  }

  get currentSystemTimeMs(): number {
    return this.#services.nowMs();
  }

  get currentStreamTimeMs(): number {
    return this.#services.streamTime();
  }

  forward(record: AnyRecord, childName?: string): void {
    const context = this.#context;
    if (!context.open || this.#retired) throw this.#outsideCall('forward');
    if (!(record instanceof StreamRecord)) throw notARecord(record, this.#node, this.taskId);
    if (this.#fixedKey && !record.keyIsFixed) throw this.#otherKey();
    const timestamp = context.timestamp;
    const previous = context.record;
    const written = context.written;
    context.timestamp = record.timestamp;
    context.record = record;
    try {
      if (childName !== undefined) this.#child(childName).process(record);
      else if (this.#only !== null) this.#only.process(record);
      else for (const child of this.#children) child.process(record);
    } finally {
      context.timestamp = timestamp;
      // A record of its own has a context of its own: what became of its bytes is not told to the one that it was made from.
      if (previous !== record || this.#copies) {
        context.record = previous;
        context.written = written;
      }
    }
  }

  getStateStore<S>(name: string): S {
    if (!this.#stores.includes(name)) {
      const global = this.#services.globalStore?.(name);
      // A store is an object; its type is as below.
      if (global !== undefined) return readOnlyStore(global as object) as S;
      throw new StreamsError(
        'MR_STORE_UNAVAILABLE',
        `processor ${this.#node} has no access to store ${name}; connect it by naming it where the processor is added, or by the processor's own stores`,
        { details: { taskId: this.taskId, node: this.#node, store: name } },
      );
    }
    const store = this.#services.store(name);
    if (store === undefined) {
      throw new StreamsError('MR_STORE_UNAVAILABLE', `there is no store ${name} in task ${this.taskId}`, {
        details: { taskId: this.taskId, node: this.#node, store: name },
      });
    }
    const writer = this.#services.storeWriters.get(name);
    // The caller names the type of the store that it was built with; the topology knows no types at run time.
    return (writer === undefined || writer === this.#node ? store : readOnlyStore(store as object)) as S;
  }

  schedule(interval: Duration, type: PunctuationType, punctuate: Punctuator, options: ScheduleOptions = {}): Cancellable {
    if (this.#retired) throw this.#outsideCall('schedule');
    const { intervalMs, startMs } = parseSchedule(interval, type, punctuate, options, { taskId: this.taskId, node: this.#node });
    return this.#services.schedule(this.#node, startMs, intervalMs, type, punctuate);
  }

  commit(): void {
    if (this.#retired) throw this.#outsideCall('commit');
    this.#services.requestCommit();
  }

  keepTime(name: string, current: () => number): number {
    return this.#services.keepTime(name, current);
  }

  onClose(close: () => void): void {
    this.#closers.push(close);
  }

  /** Runs what is to run at the end; once. */
  close(): void {
    const closers = this.#closers;
    this.#closers = [];
    for (const close of closers) close();
  }

  /** The task has let go of the processor: what it kept of the context leads nowhere from here on. */
  retire(): void {
    this.#retired = true;
  }

  dropped(reason: string): void {
    this.#services.dropped.add(reason, null, -1);
  }

  #outsideCall(method: string): StreamsError {
    const details = { taskId: this.taskId, node: this.#node };
    return this.#retired
      ? new StreamsError(
          'MR_CLOSED',
          `processor ${this.#node} called ${method} after its task let go of it; what outlives a processor must not keep its context`,
          { details },
        )
      : new StreamsError(
          'MR_STATE_INVALID',
          `processor ${this.#node} called ${method} while task ${this.taskId} was not calling it; do it in init, process or a punctuation, before they return`,
          { details },
        );
  }

  #otherKey(): StreamsError {
    return new StreamsError(
      'MR_ARGUMENT_INVALID',
      `processor ${this.#node} of processValues forwarded a record of its own making, whose key may be another; forward the record it got, or a copy by withValue, withTimestamp or withHeaders, or use process`,
      { details: { taskId: this.taskId, node: this.#node } },
    );
  }

  #child(name: string): EngineNode {
    for (const child of this.#children) if (child.name === name) return child;
    throw new StreamsError('MR_ARGUMENT_INVALID', `node ${name} does not exist or is no child of ${this.#node}`, {
      details: { taskId: this.taskId, node: this.#node },
    });
  }
}

/** Why what a processor forwarded is refused. */
export function notARecord(given: unknown, node: string, taskId: string): StreamsError {
  return new StreamsError(
    'MR_ARGUMENT_INVALID',
    `processor ${node} forwarded ${describeValue(given)}, which is no record; make one by record.withValue, record.withKey or StreamRecord.of`,
    { details: { taskId, node } },
  );
}

export class ProcessorNode implements EngineNode {
  readonly name: string;
  readonly #processor: Processor<unknown, unknown, unknown, unknown>;
  readonly #context: NodeContext;
  readonly #policy: ErrorPolicy;
  readonly #fixedKey: boolean;
  readonly #stores: readonly string[];

  constructor(
    name: string,
    processor: Processor<unknown, unknown, unknown, unknown>,
    stores: readonly string[],
    children: readonly EngineNode[],
    services: NodeServices,
  ) {
    this.name = name;
    this.#processor = processor;
    this.#stores = stores;
    this.#fixedKey = keepsKeys(processor);
    this.#context = new NodeContext(name, stores, children, forwardsCopies(processor), this.#fixedKey, services);
    this.#policy = services.policy;
  }

  init(): void {
    try {
      const result: unknown = this.#processor.init?.(this.#context);
      if (result !== undefined) refusePromise(result, `init of processor ${this.name}`, this.#place);
    } catch (error) {
      throw this.#policy.lifecycle(this.name, 'initialise', error);
    }
  }

  process(record: AnyRecord): void {
    if (this.#fixedKey) record.fixKey();
    try {
      const result: unknown = this.#processor.process(record);
      if (result !== undefined) refusePromise(result, `process of processor ${this.name}`, this.#place);
    } catch (error) {
      this.#policy.processing(this.name, this.#stores, record, error);
    }
  }

  close(): void {
    try {
      this.#processor.close?.();
      this.#context.close();
    } catch (error) {
      throw this.#policy.lifecycle(this.name, 'close', error);
    } finally {
      this.#context.retire();
    }
  }

  get #place(): ErrorDetails {
    return { taskId: this.#context.taskId, node: this.name, ...this.#context.recordMetadata };
  }
}
