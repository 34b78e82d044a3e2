/** Stores outside of a task, for the test of one processor: the real ones on an engine, without changelogs and record caches. */
import type { StateEngine } from '@millrace/state';
import { StreamsError } from '../errors.ts';
import type { Output } from '../kafka/port.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { RecordContext } from '../stores/record-context.ts';
import type { StorePlan } from '../topology/plan.ts';
import { DroppedRecords } from './dropped-records.ts';
import { StateManager } from './state-manager.ts';

export interface UnitStoresInit {
  readonly applicationId: string;
  readonly taskId: string;
  readonly plans: readonly StorePlan[];
  readonly engine: StateEngine;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface UnitStores {
  /** The public face of a store; undefined if there is none of this name. */
  store(name: string): unknown;
}

/** What the stores refuse is counted in `dropped-records-total` of the task. */
export function openUnitStores({ applicationId, engine, log, metrics, plans, taskId }: UnitStoresInit): UnitStores {
  const context = new RecordContext();
  const dropped = new DroppedRecords(taskId, metrics, log, context);
  return new StateManager({
    taskId,
    applicationId,
    partition: 0,
    engine,
    output: noOutput,
    plans: plans.map((plan) => ({ ...plan, changelog: undefined, changelogIsSource: false })),
    context,
    cacheBudget: null,
    readCacheBytes: 0,
    dropped: (reason) => dropped.add(reason, null, 0),
  });
}

/** For stores that have no changelog. */
export const noOutput: Output = {
  partitionCount: () => undefined,
  partition: (topic) => {
    throw new StreamsError('MR_INVARIANT', `a store without a changelog was asked to write to ${topic}`, { details: { topic } });
  },
  bufferedBytes: 0,
  full: false,
};
