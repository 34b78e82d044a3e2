/**
 * The seam at task assignment: who decides which tasks this instance runs. The classic group protocol with our own assignor is one coordinator; the broker-side Streams
 * protocol (KIP-1071) can be another without the run loop noticing.
 */
import type { StreamsError } from '../errors.ts';
import type { CommittedOffset, GroupMetadata } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';

export interface AssignedTask {
  /** `<subtopology>_<partition>`. */
  readonly id: string;
  readonly subtopology: number;
  readonly partition: number;
  /** Topics of the sub-topology that have this partition, sorted. */
  readonly sourceTopics: readonly string[];
}

export interface TaskAssignment {
  readonly tasks: readonly AssignedTask[];
  readonly generation: number;
  /**
   * No assignment was missed between this one and the one before it, so nobody else can have run a task that this instance suspended and gets back. Otherwise what was
   * suspended may be stale and is opened anew (I4).
   */
  readonly contiguous: boolean;
}

/** What a coordinator asks of the instance. None of these reject: failures are the run loop's. */
export interface TaskHost {
  /** A barrier: commit and suspend everything; nobody joins before it settles. `signal` aborts when the group goes on without us. */
  suspend(signal: AbortSignal): Promise<void>;
  assign(assignment: TaskAssignment): Promise<void>;
  /** Somebody else may own the tasks already: drop what is not committed. */
  lose(error: StreamsError): Promise<void>;
  /** The instance cannot go on. */
  fail(error: StreamsError): void;
  /** By task: how far its state reaches as a sum of changelog offsets, or `runningActive` for tasks that it owns. */
  localTasks(): ReadonlyMap<string, number>;
  /** Every task of the application, as the topics are now. */
  noteTasks(tasks: readonly AssignedTask[]): void;
}

export interface TaskCoordinator {
  /** Waits for the sources and ensures the internal topics. Before `start`. */
  prepare(): Promise<void>;
  /** Joins in the background. Rejects if the instance cannot join. */
  start(): Promise<void>;
  requestRejoin(reason: string): void;
  /** Asks every instance of the application to stop. */
  requestShutdown(): void;
  /** Called once a loop. */
  noteProgress(): void;
  /** Undefined while there is no membership: nothing can be committed. */
  metadata(): GroupMetadata | undefined;
  committed(tps: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartition, CommittedOffset | null>>;
  commit(offsets: ReadonlyMap<TopicPartition, CommittedOffset>): Promise<void>;
  close(options: { readonly leave: boolean }): Promise<void>;
}
