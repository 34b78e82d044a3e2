/** What a test driver is told, and what it takes where it is told nothing. */
import { parseDuration, silentLogger, StreamsError, type Duration, type Logger } from '@millrace/core';
import {
  checkedElsewhere,
  checkHandlers,
  checkOptions,
  type DeserializationHandler,
  type ErrorHandlers,
  isText,
  oneOf,
  type OptionChecks,
  type ProcessingHandler,
  type ProductionHandler,
} from '@millrace/core/engine';
import type { StateBackend } from '@millrace/state';
import type { PartitionOption } from './partition-model.ts';

/** Options of `new TopologyTestDriver(topology, options)`. */
export interface TopologyTestDriverOptions {
  /** Stands in front of the names of internal topics. Default `test`. */
  readonly applicationId?: string | undefined;
  /** Wall clock at the start, in ms since 1970. Default 0, so that a test gives the same result every time. */
  readonly startMs?: number | undefined;
  /**
   * Truthful mode: a task per sub-topology and partition, produced records partitioned as on a cluster, and commits only where the test, a processor or a limit asks for one.
   * One figure for all topics of the test, or by topic and 1 for the rest. Default: one task over everything that commits after every record, as Java's driver.
   */
  readonly partitions?: PartitionOption | undefined;
  /** `record`: commit after every record and punctuation. `manual`: only on `commit()`. Default: `record`, and `manual` with `partitions`. */
  readonly commit?: 'record' | 'manual' | undefined;
  /**
   * Which of several tasks with records goes first, and commits first: in the order of their ids or against it; inputs of a task get their records in the same
   * order, which decides between equal timestamps. On a cluster nobody says, so results that differ rest on chance. Default
   * `ascending`.
   */
  readonly taskOrder?: 'ascending' | 'descending' | undefined;
  /** Topics that exist, for sources that read by a pattern. Default none. */
  readonly topics?: readonly string[] | undefined;
  /** How long a task waits for inputs that are empty before it goes on with the others. -1: not at all. Default 0: inputs that are known to be empty are not waited for. */
  readonly maxTaskIdleMs?: Duration | undefined;
  /**
   * What happens to records that fail. Default: every failure stops the driver. With `deadLetterTopic` the records that tell of failures are read from that topic, as any output is,
   * also those of the failure that stops the driver.
   */
  readonly handlers?:
    | {
        readonly deserialization?: DeserializationHandler | undefined;
        readonly processing?: ProcessingHandler | undefined;
        readonly globalProcessing?: ProcessingHandler | undefined;
        readonly production?: ProductionHandler | undefined;
        readonly deadLetterTopic?: string | undefined;
      }
    | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
}

/** Options of `TopologyTestDriver.open(topology, options)`. */
export interface OpenOptions extends TopologyTestDriverOptions {
  /** Where the stores live, e.g. `rocksdb({ directory })`. State that a driver of the same application id left there is dropped. */
  readonly state: StateBackend;
}

/** Options with every default in place. */
export interface ResolvedOptions {
  readonly applicationId: string;
  readonly startMs: number;
  readonly partitions: PartitionOption | undefined;
  readonly commitEachRecord: boolean;
  readonly descendingTasks: boolean;
  readonly topics: readonly string[];
  readonly maxTaskIdleMs: number;
  readonly handlers: ErrorHandlers;
  readonly log: Logger;
}

/** What has a check of its own, or whose type can be anything, is looked at below. */
const driverOptions: OptionChecks<TopologyTestDriverOptions> = {
  applicationId: isText,
  startMs: checkedElsewhere,
  partitions: (value, what) => {
    if (typeof value !== 'object') return;
    // A map has no properties: its topics would all have one partition each.
    if (value !== null && !(Symbol.iterator in value)) return;
    throw new StreamsError('MR_ARGUMENT_INVALID', `${what} must be a number, or an object with a number for each topic`);
  },
  commit: oneOf('record', 'manual'),
  taskOrder: oneOf('ascending', 'descending'),
  topics: (value, what) => {
    if (Array.isArray(value) && value.every((topic) => typeof topic === 'string')) return;
    throw new StreamsError('MR_ARGUMENT_INVALID', `${what} must be a list of names of topics`);
  },
  maxTaskIdleMs: checkedElsewhere,
  handlers: checkedElsewhere,
  log: checkedElsewhere,
};
const openOptions: OptionChecks<OpenOptions> = { ...driverOptions, state: checkedElsewhere };

/** @throws MR_ARGUMENT_INVALID for options that there are not and figures that make no sense; MR_CONFIG_INVALID for a handler that is no function. */
export function resolveOpenOptions(options: OpenOptions): ResolvedOptions {
  checkOptions(options, openOptions, 'TopologyTestDriver.open');
  // JavaScript may leave it out.
  if (typeof (options.state as StateBackend | undefined)?.open !== 'function') {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      "TopologyTestDriver.open needs the option state, such as rocksdb({ directory: './state' }); for stores in memory there is the constructor",
    );
  }
  return resolved(options);
}

/** As {@link resolveOpenOptions}, for the driver whose stores are in memory. */
export function resolveOptions(options: TopologyTestDriverOptions): ResolvedOptions {
  // JavaScript may give anything.
  if ((options as Partial<OpenOptions> | null)?.state !== undefined) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      'a driver that is made by its constructor has its stores in memory: for another state use await TopologyTestDriver.open(topology, { state })',
    );
  }
  checkOptions(options, driverOptions, 'TopologyTestDriver');
  return resolved(options);
}

function resolved(options: TopologyTestDriverOptions): ResolvedOptions {
  const { handlers, partitions } = options;
  checkHandlers(handlers);
  for (const count of typeof partitions === 'object' ? Object.values(partitions) : [partitions ?? 1]) checkCount(count);
  return {
    applicationId: options.applicationId ?? 'test',
    startMs: checkTime('startMs', options.startMs ?? 0),
    partitions,
    commitEachRecord: (options.commit ?? (partitions === undefined ? 'record' : 'manual')) === 'record',
    descendingTasks: options.taskOrder === 'descending',
    topics: options.topics ?? [],
    maxTaskIdleMs: parseDuration(options.maxTaskIdleMs ?? 0),
    handlers: {
      deserialization: handlers?.deserialization ?? ((): 'fail' => 'fail'),
      processing: handlers?.processing ?? ((): 'fail' => 'fail'),
      production: handlers?.production ?? ((): 'fail' => 'fail'),
      globalProcessing: handlers?.globalProcessing,
      deadLetterTopic: handlers?.deadLetterTopic,
    },
    log: options.log ?? silentLogger,
  };
}

/** Milliseconds of a span that may not go back. @throws MR_ARGUMENT_INVALID */
export function forwardMs(what: string, duration: Duration): number {
  const ms = parseDuration(duration);
  if (ms < 0) throw new StreamsError('MR_ARGUMENT_INVALID', `${what} goes forward only: ${duration} is negative.`);
  return ms;
}

/** @throws MR_ARGUMENT_INVALID unless it is a point in time that Kafka can carry. */
export function checkTime(what: string, ms: number): number {
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new StreamsError('MR_ARGUMENT_INVALID', `${what} is milliseconds since 1970, a whole number from 0 on: ${ms} is not.`);
}

function checkCount(count: number): void {
  if (Number.isInteger(count) && count > 0) return;
  throw new StreamsError('MR_ARGUMENT_INVALID', `A topic has a whole number of partitions, at least 1: ${count} is not.`);
}
