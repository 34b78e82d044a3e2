/** The stores of one processor, opened without a task: described as everywhere, checked by the topology's own builder, kept by a memory engine. */
import { type Logger, type Metrics, type Serde, serdes, type StateStoreOptions, TopologyBuilder } from '@millrace/core';
import { openUnitStores } from '@millrace/core/engine';
import { memory } from '@millrace/state/memory';
import { runNow, settle } from '../driver/steps.ts';

export interface StoreSurroundings {
  readonly applicationId: string;
  readonly taskId: string;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** By name. */
export function openMockStores(
  stores: readonly StateStoreOptions<unknown, unknown>[],
  defaults: { readonly key: Serde<unknown> | undefined; readonly value: Serde<unknown> | undefined },
  { applicationId, log, metrics, taskId }: StoreSurroundings,
): Map<string, unknown> {
  if (stores.length === 0) return new Map();
  const { plan } = new TopologyBuilder(defaults)
    .addSource('source', 'topic', { key: serdes.bytes(), value: serdes.bytes() })
    .addProcessor('processor', () => ({ process: () => {} }), { parents: 'source', stores })
    .build();
  const plans = plan.subtopologies.flatMap((subtopology) => subtopology.stores);
  const directory = runNow(settle(memory({ createProcessId: () => 'mock' }).open({ applicationId, now: () => 0 })));
  const { engine } = runNow(settle(directory.openTask(taskId)));
  const opened = openUnitStores({ applicationId, taskId, plans, engine, metrics, log });
  return new Map(stores.map(({ name }) => [name, opened.store(name)]));
}
