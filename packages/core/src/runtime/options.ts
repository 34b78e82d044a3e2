/** The options of a run: what users may leave out, and what the runtime works with. Checked and filled in once, when the instance is made. */
import type { StateBackend } from '@millrace/state';
import type { ErrorHandlers, ProductionHandler } from '../engine/contract.ts';
import { checkHandlers } from '../engine/error-policy.ts';
import { ClientError, StreamsError } from '../errors.ts';
import type { ClientFactory, ProducerOptions } from '../kafka/port.ts';
import { consoleLogger, type Logger } from '../log.ts';
import { type Metrics, MetricsRegistry } from '../metrics.ts';
import { checkOptionNames, isTopicConfiguration, shown } from '../option-checks.ts';
import { type Clock, type Duration, parseDuration, systemClock } from '../time.ts';
import type { StateListener } from './client-state.ts';
import type { RestoreListener } from './events.ts';

/** What happens after a failure that nothing else handles. Kafka Streams: `StreamsUncaughtExceptionHandler`. */
export type UncaughtDecision =
  /** Stop this instance: state `ERROR`, `run()` rejects. Other instances take over. */
  | 'shutdownClient'
  /** Close the tasks without committing, restore them, go on from the last commit. Kafka Streams: `REPLACE_THREAD`. */
  | 'restartTasks'
  /** Stop every instance of the application. */
  | 'shutdownApplication';

export type UncaughtHandler = (error: unknown) => UncaughtDecision;

/** Points of a commit at which tests stop a process. Unstable. */
export type CommitStep =
  | 'beforeCommit'
  | 'afterPrepare'
  | 'afterChangelogAck'
  | 'afterUnlogged'
  | 'afterOffsetCommit'
  | 'beforeEngineBatch'
  | 'afterEngineBatch';

/** Where a process tells that it should stop; Node's `process` is one. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): unknown;
}

/** Options of a run. Whatever shapes results belongs to the topology. Times are milliseconds or text like `'5m'`, sizes bytes. */
export interface KafkaStreamsOptions {
  /** Group id, prefix of internal topics and folder of the state: what instances of one application share. Kafka Streams: `application.id`. */
  readonly applicationId: string;
  readonly client: ClientFactory;
  /** Where state lies: `rocksdb({ directory })`, `leveldb({ directory })`, `memory()`. */
  readonly state: StateBackend;
  /** For the brokers' logs and quotas. Default: the application id. */
  readonly clientId?: string | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Default: warnings and errors on the console; `silentLogger` for none. */
  readonly log?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
  /** Default 30 s. Kafka Streams: `commit.interval.ms`. */
  readonly commitIntervalMs?: Duration | undefined;
  /** `exactly_once_v2` is refused with `MR_FEATURE_UNAVAILABLE` until it is built. Default `at_least_once`. */
  readonly processingGuarantee?: 'at_least_once' | 'exactly_once_v2' | undefined;
  /** How long a task waits for a caught-up empty input before it goes on without it; -1: never wait, not even for data that the broker has. Default 0. */
  readonly maxTaskIdleMs?: Duration | undefined;
  /** Decide about records that fail, and name the dead letter topic. Default: fail; a batch that was not acknowledged in time, or for a cause that may pass, is tried again from the last commit. */
  readonly handlers?: Partial<ErrorHandlers> | undefined;
  /** Makes the instance a static member: a restart within the session time-out moves nothing. Kafka: `group.instance.id`. */
  readonly instanceId?: string | undefined;
  /** Default 45 s. A synchronous call longer than this loses the membership. Kafka: `session.timeout.ms`. */
  readonly sessionTimeoutMs?: Duration | undefined;
  /** Time that every member has to commit and join again. Default 5 min. */
  readonly rebalanceTimeoutMs?: Duration | undefined;
  /** Default 3 s. Kafka: `heartbeat.interval.ms`. */
  readonly heartbeatIntervalMs?: Duration | undefined;
  /** A loop that makes no progress for so long leaves the group. Default 5 min. Kafka: `max.poll.interval.ms`. */
  readonly progressDeadlineMs?: Duration | undefined;
  /** Of internal topics that are made; -1: the broker's default, which is the default. */
  readonly replicationFactor?: number | undefined;
  /** Settings for internal topics that are made, below those of a store. Kafka Streams: the prefix `topic.`. */
  readonly topicConfigs?: Readonly<Record<string, string>> | undefined;
  /** Input fetched ahead and not processed, over all partitions. Default 64 MiB. */
  readonly bufferedBytes?: number | undefined;
  /** Records queued of a partition above which it is paused. Default 1000. Kafka Streams: `buffered.records.per.partition`. */
  readonly bufferedRecordsPerPartition?: number | undefined;
  /** Uncommitted state of a task that forces an early commit. Default 64 MiB. */
  readonly maxUncommittedBytes?: number | undefined;
  /** Clean entries kept for reading, over all tasks. Default 64 MiB. */
  readonly readCacheBytes?: number | undefined;
  /** Memory for all state engines of the instance. Default: the engine's. */
  readonly stateMemoryBytes?: number | undefined;
  /** State of a task that left is deleted after this time. Default 10 min. Kafka Streams: `state.cleanup.delay.ms`. */
  readonly stateCleanupDelayMs?: Duration | undefined;
  /** Default 30 s. Kafka Streams: `repartition.purge.interval.ms`. */
  readonly repartitionPurgeIntervalMs?: Duration | undefined;
  /** How long source topics may be missing, and internal ones may take to be made. Default 60 s. */
  readonly topicTimeoutMs?: Duration | undefined;
  /** How often the leader looks for new partitions and topics. Default 5 min. Kafka: `metadata.max.age.ms`. */
  readonly topicRefreshMs?: Duration | undefined;
  /** How long a failure that may pass is retried. Default 5 min. Kafka Streams: `task.timeout.ms`. */
  readonly taskTimeoutMs?: Duration | undefined;
  /**
   * Local state whose changelog was deleted, made again or cut short may be the only copy of some rows: `stop` with a coded error, or `rebuild` it from what the changelogs have.
   * Stores without a changelog keep their rows. An input that was made again since they read it stops too, or is read from where the group stands in it.
   * State that is merely too old is always rebuilt, since nothing is lost by it. Default `stop`.
   */
  readonly stateMismatch?: 'rebuild' | 'stop' | undefined;
  /** Default: leave, unless the member is static. */
  readonly leaveOnClose?: boolean | undefined;
  /** Close on SIGINT and SIGTERM while `run()` runs; a second signal exits at once with code 1. Default false. */
  readonly handleSignals?: boolean | undefined;
  /** How long a close from a signal or an aborted `run()` may take. Default 30 s. */
  readonly closeTimeoutMs?: Duration | undefined;
  readonly producer?: Partial<Omit<ProducerOptions, 'onFailure'>> | undefined;
  readonly onStateChange?: StateListener | undefined;
  readonly onRestore?: RestoreListener | undefined;
  /** Default: `shutdownClient`. */
  readonly onUncaughtError?: UncaughtHandler | undefined;
  /** For tests of Millrace itself. */
  readonly unstable?: UnstableOptions | undefined;
}

/** No promise of compatibility. */
export interface UnstableOptions {
  /** Called at each point of a commit; what it throws stops the instance as a crash would, without committing. */
  readonly onStep?: ((step: CommitStep) => void) | undefined;
  readonly signals?: SignalSource | undefined;
  /** Milliseconds of processing between two turns of the event loop. Default 10. */
  readonly sliceMs?: number | undefined;
  /** Longest wait for input. Default 100. */
  readonly pollMs?: number | undefined;
  /** Between two looks for what closed windows emit. Default 1000. Kafka Streams: `__emit.interval.ms.kstreams.*`. */
  readonly emitIntervalMs?: number | undefined;
}

/** Every option with its value: what the parts of the runtime take. */
export interface RuntimeOptions {
  readonly applicationId: string;
  readonly clientId: string;
  readonly client: ClientFactory;
  readonly state: StateBackend;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly commitIntervalMs: number;
  readonly maxTaskIdleMs: number;
  readonly handlers: ErrorHandlers;
  readonly instanceId: string | undefined;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly progressDeadlineMs: number;
  readonly replicationFactor: number;
  readonly topicConfigs: Readonly<Record<string, string>>;
  readonly bufferedBytes: number;
  readonly bufferedRecordsPerPartition: number;
  readonly maxUncommittedBytes: number;
  readonly readCacheBytes: number;
  readonly stateMemoryBytes: number | undefined;
  readonly stateCleanupDelayMs: number;
  readonly repartitionPurgeIntervalMs: number;
  readonly topicTimeoutMs: number;
  readonly topicRefreshMs: number;
  readonly taskTimeoutMs: number;
  readonly stateMismatch: 'rebuild' | 'stop';
  readonly leaveOnClose: boolean;
  readonly handleSignals: boolean;
  readonly closeTimeoutMs: number;
  readonly producer: Omit<ProducerOptions, 'onFailure'>;
  readonly onStateChange: StateListener;
  readonly onRestore: RestoreListener;
  readonly onUncaughtError: UncaughtHandler;
  readonly onStep: (step: CommitStep) => void;
  readonly signals: SignalSource | undefined;
  readonly sliceMs: number;
  readonly pollMs: number;
  readonly emitIntervalMs: number;
}

const second = 1_000;
const minute = 60 * second;
const mebibyte = 1024 * 1024;

/** Every name, which the compiler sees to: another one that JavaScript passes would be overlooked. */
const optionNames: Readonly<Record<keyof KafkaStreamsOptions, true>> = {
  applicationId: true,
  client: true,
  state: true,
  clientId: true,
  clock: true,
  log: true,
  metrics: true,
  commitIntervalMs: true,
  processingGuarantee: true,
  maxTaskIdleMs: true,
  handlers: true,
  instanceId: true,
  sessionTimeoutMs: true,
  rebalanceTimeoutMs: true,
  heartbeatIntervalMs: true,
  progressDeadlineMs: true,
  replicationFactor: true,
  topicConfigs: true,
  bufferedBytes: true,
  bufferedRecordsPerPartition: true,
  maxUncommittedBytes: true,
  readCacheBytes: true,
  stateMemoryBytes: true,
  stateCleanupDelayMs: true,
  repartitionPurgeIntervalMs: true,
  topicTimeoutMs: true,
  topicRefreshMs: true,
  taskTimeoutMs: true,
  stateMismatch: true,
  leaveOnClose: true,
  handleSignals: true,
  closeTimeoutMs: true,
  producer: true,
  onStateChange: true,
  onRestore: true,
  onUncaughtError: true,
  unstable: true,
};
const producerOptionNames: Readonly<Record<keyof Omit<ProducerOptions, 'onFailure'>, true>> = {
  lingerMs: true,
  compression: true,
  maxBatchBytes: true,
  maxBufferedBytes: true,
  deliveryTimeoutMs: true,
};
const unstableOptionNames: Readonly<Record<keyof UnstableOptions, true>> = {
  onStep: true,
  signals: true,
  sliceMs: true,
  pollMs: true,
  emitIntervalMs: true,
};

const fail = (): 'fail' => 'fail';
/** Kafka Streams: `DefaultProductionExceptionHandler`. */
const failOrRetry: ProductionHandler = (_context, error, phase) =>
  phase === 'send' && error instanceof ClientError && error.kind === 'retriable' ? 'retry' : 'fail';

const nothing = (): void => {};

/**
 * @throws MR_CONFIG_INVALID for an option that there is not, and for a value that is missing, out of range or in conflict with another
 * @throws MR_FEATURE_UNAVAILABLE for `exactly_once_v2`
 */
export function resolveOptions(options: KafkaStreamsOptions): RuntimeOptions {
  checkOptionNames(options, Object.keys(optionNames), 'KafkaStreams');
  if (options.producer !== undefined) checkOptionNames(options.producer, Object.keys(producerOptionNames), 'producer');
  if (options.unstable !== undefined) checkOptionNames(options.unstable, Object.keys(unstableOptionNames), 'unstable');
  const { applicationId } = options;
  if (typeof applicationId !== 'string' || !/^[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,199}$/.test(applicationId) || applicationId.endsWith('.')) {
    throw invalid(
      'applicationId',
      applicationId,
      'use 1 to 200 of a-z, A-Z, 0-9, ".", "_" and "-": it becomes part of topic names and folders',
    );
  }
  if (typeof options.client?.create !== 'function')
    throw invalid('client', options.client, "give one, e.g. kafka({ brokers: ['localhost:9092'] })");
  if (typeof options.state?.open !== 'function')
    throw invalid('state', options.state, "give one, e.g. rocksdb({ directory: './state' }) or memory()");
  if (options.processingGuarantee === 'exactly_once_v2') {
    throw new StreamsError(
      'MR_FEATURE_UNAVAILABLE',
      "processingGuarantee 'exactly_once_v2' is not built yet. Use 'at_least_once', which never loses a record and may repeat some after a crash",
      {
        details: { option: 'processingGuarantee' },
      },
    );
  }
  if (options.processingGuarantee !== undefined && options.processingGuarantee !== 'at_least_once')
    throw invalid('processingGuarantee', options.processingGuarantee, "use 'at_least_once'");
  if (options.stateMismatch !== undefined && options.stateMismatch !== 'rebuild' && options.stateMismatch !== 'stop')
    throw invalid('stateMismatch', options.stateMismatch, "use 'rebuild' or 'stop'");
  checkHandlers(options.handlers);
  for (const name of ['onStateChange', 'onRestore', 'onUncaughtError'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function') throw invalid(name, options[name], 'give a function');
  for (const name of ['leaveOnClose', 'handleSignals'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'boolean') throw invalid(name, options[name], 'use true or false');
  const { clientId, instanceId, topicConfigs }: { readonly [N in keyof KafkaStreamsOptions]?: unknown } = options;
  if (instanceId !== undefined && (typeof instanceId !== 'string' || instanceId === ''))
    throw invalid('instanceId', instanceId, 'leave it out, or give a name that no other instance has');
  if (clientId !== undefined && typeof clientId !== 'string') throw invalid('clientId', clientId, 'leave it out, or give a name');
  if (topicConfigs !== undefined && !isTopicConfiguration(topicConfigs))
    throw invalid('topicConfigs', topicConfigs, "give an object with text for every setting, such as { 'retention.ms': '86400000' }");

  const duration = (name: keyof KafkaStreamsOptions, value: Duration | undefined, standard: number, least: number): number => {
    const ms = value === undefined ? standard : typeof value === 'number' ? value : parseOption(name, value);
    if (!Number.isSafeInteger(ms) || ms < least) throw invalid(name, value, `a whole number of milliseconds, at least ${least}`);
    return ms;
  };
  const bytes = (name: keyof KafkaStreamsOptions, value: number | undefined, standard: number, least: number): number => {
    const count = value ?? standard;
    if (!Number.isSafeInteger(count) || count < least) throw invalid(name, value, `a whole number of at least ${least}`);
    return count;
  };

  const sessionTimeoutMs = duration('sessionTimeoutMs', options.sessionTimeoutMs, 45 * second, 1);
  const heartbeatIntervalMs = duration(
    'heartbeatIntervalMs',
    options.heartbeatIntervalMs,
    Math.min(3 * second, Math.floor(sessionTimeoutMs / 3)),
    1,
  );
  if (heartbeatIntervalMs >= sessionTimeoutMs)
    throw invalid(
      'heartbeatIntervalMs',
      options.heartbeatIntervalMs,
      `it must be below sessionTimeoutMs (${sessionTimeoutMs}), best a third of it`,
    );
  const replicationFactor = options.replicationFactor ?? -1;
  if (!Number.isInteger(replicationFactor) || replicationFactor === 0 || replicationFactor < -1 || replicationFactor > 32_767) {
    throw invalid('replicationFactor', replicationFactor, "-1 for the broker's default, or 1 and more");
  }
  return {
    applicationId,
    clientId: options.clientId ?? applicationId,
    client: options.client,
    state: options.state,
    clock: options.clock ?? systemClock,
    log: options.log ?? consoleLogger,
    metrics: options.metrics ?? new MetricsRegistry(),
    commitIntervalMs: duration('commitIntervalMs', options.commitIntervalMs, 30 * second, 0),
    maxTaskIdleMs: duration('maxTaskIdleMs', options.maxTaskIdleMs, 0, -1),
    handlers: { deserialization: fail, processing: fail, production: failOrRetry, ...defined(options.handlers) },
    instanceId: options.instanceId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: duration('rebalanceTimeoutMs', options.rebalanceTimeoutMs, 5 * minute, 1),
    heartbeatIntervalMs,
    progressDeadlineMs: duration('progressDeadlineMs', options.progressDeadlineMs, 5 * minute, 1),
    replicationFactor,
    topicConfigs: options.topicConfigs ?? {},
    bufferedBytes: bytes('bufferedBytes', options.bufferedBytes, 64 * mebibyte, 1),
    bufferedRecordsPerPartition: bytes('bufferedRecordsPerPartition', options.bufferedRecordsPerPartition, 1_000, 1),
    maxUncommittedBytes: bytes('maxUncommittedBytes', options.maxUncommittedBytes, 64 * mebibyte, 1),
    readCacheBytes: bytes('readCacheBytes', options.readCacheBytes, 64 * mebibyte, 0),
    stateMemoryBytes: options.stateMemoryBytes === undefined ? undefined : bytes('stateMemoryBytes', options.stateMemoryBytes, 0, mebibyte),
    stateCleanupDelayMs: duration('stateCleanupDelayMs', options.stateCleanupDelayMs, 10 * minute, 0),
    repartitionPurgeIntervalMs: duration('repartitionPurgeIntervalMs', options.repartitionPurgeIntervalMs, 30 * second, 1),
    topicTimeoutMs: duration('topicTimeoutMs', options.topicTimeoutMs, minute, 0),
    topicRefreshMs: duration('topicRefreshMs', options.topicRefreshMs, 5 * minute, 1),
    taskTimeoutMs: duration('taskTimeoutMs', options.taskTimeoutMs, 5 * minute, 0),
    stateMismatch: options.stateMismatch ?? 'stop',
    leaveOnClose: options.leaveOnClose ?? options.instanceId === undefined,
    handleSignals: options.handleSignals ?? false,
    closeTimeoutMs: duration('closeTimeoutMs', options.closeTimeoutMs, 30 * second, 0),
    producer: {
      lingerMs: 100,
      compression: 'none',
      maxBatchBytes: 256 * 1024,
      maxBufferedBytes: 32 * mebibyte,
      deliveryTimeoutMs: 2 * minute,
      ...defined(options.producer),
    },
    onStateChange: options.onStateChange ?? nothing,
    onRestore: options.onRestore ?? nothing,
    onUncaughtError: options.onUncaughtError ?? ((): UncaughtDecision => 'shutdownClient'),
    onStep: options.unstable?.onStep ?? nothing,
    signals: options.unstable?.signals,
    sliceMs: options.unstable?.sliceMs ?? 10,
    pollMs: options.unstable?.pollMs ?? 100,
    emitIntervalMs: options.unstable?.emitIntervalMs ?? 1_000,
  };
}

function parseOption(name: string, value: Duration): number {
  try {
    return parseDuration(value);
  } catch (cause) {
    throw new StreamsError(
      'MR_CONFIG_INVALID',
      `option ${name}: ${shown(value)} is no duration. Give milliseconds or text like '250ms', '30s', '5m', '2h', '7d'`,
      {
        details: { option: name },
        cause,
      },
    );
  }
}

function invalid(option: string, value: unknown, remedy: string): StreamsError {
  return new StreamsError('MR_CONFIG_INVALID', `option ${option} is ${shown(value)}: ${remedy}`, { details: { option } });
}

/** Without the entries that are undefined, which would hide a default. */
function defined<T extends object>(values: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values ?? {}).filter(([, value]) => value !== undefined);
  // The keys are those of T, and undefined values are gone.
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
