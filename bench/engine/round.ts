/** One round: a task over all sub-topologies is fed slice by slice, worked off to the end with internal topics looped back, and committed every 10,000 inputs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MetricsRegistry, silentLogger } from '@millrace/core';
import { createTask, type Task, topicName } from '@millrace/core/engine';
import type { FetchedRecords, TopicPartition } from '@millrace/core/kafka';
import type { StateEngine } from '@millrace/state';
import { MemoryEngine } from '@millrace/state/memory';
import { RocksDbEngine } from '@millrace/state/rocksdb';
import { BatchOutput, readBack } from './batch-output.ts';
import type { Slice } from './input.ts';
import type { Workload } from './workloads.ts';

const commitEvery = 10_000;
const applicationId = 'engine';

export interface RoundOptions {
  /** The engine below the stores, and with it their kind. */
  readonly state: 'memory' | 'rocksdb';
  readonly cacheBytes: number;
  readonly readCacheBytes: number;
}

export interface RoundResult {
  readonly seconds: number;
  /** User and system time of the process. */
  readonly cpuSeconds: number;
  readonly output: BatchOutput;
}

export async function runRound(subject: Workload, slices: readonly Slice[], options: RoundOptions, checked: boolean): Promise<RoundResult> {
  const { engine, close } = await openEngine(options.state);
  const { task, output } = openTask(subject, engine, options, checked);
  const offsets = new Map<TopicPartition, number>();
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  let nextCommit = commitEvery;
  for (const { batches, end } of slices) {
    work(
      task,
      batches.map(({ tp, bytes }) => readBack(tp, bytes, offsets)),
      output,
    );
    if (end < nextCommit) continue;
    nextCommit += commitEvery;
    await commit(task, output);
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  task.close();
  await close();
  return { seconds, cpuSeconds: (user + system) / 1e6, output };
}

async function openEngine(state: RoundOptions['state']): Promise<{ readonly engine: StateEngine; readonly close: () => Promise<void> }> {
  if (state === 'memory') return { engine: new MemoryEngine({ ephemeral: true }), close: () => Promise.resolve() };
  const directory = mkdtempSync(join(tmpdir(), 'engine-bench-'));
  const engine = await RocksDbEngine.open({ directory: join(directory, 'db'), memoryBytes: 128 << 20 });
  return {
    engine,
    close: async () => {
      await engine.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function openTask(
  subject: Workload,
  engine: StateEngine,
  { state, cacheBytes, readCacheBytes }: RoundOptions,
  checked: boolean,
): { readonly task: Task; readonly output: BatchOutput } {
  const { plan } = subject.build(state === 'memory' ? 'inMemory' : 'persistent');
  const sourceTopics = new Map<string, readonly string[]>();
  const loops = new Set<string>();
  for (const node of plan.subtopologies.flatMap(({ nodes }) => nodes)) {
    if (node.kind !== 'source') continue;
    for (const topic of node.topics) if (topic.internal) loops.add(topicName(applicationId, topic));
    sourceTopics.set(
      node.name,
      node.topics.map((topic) => topicName(applicationId, topic)),
    );
  }
  const output = new BatchOutput(loops, checked);
  const task = createTask({
    id: '0_0',
    partition: 0,
    subtopologies: plan.subtopologies,
    sourceTopics,
    engine,
    output,
    settings: {
      ...plan.settings,
      cacheBytes,
      applicationId,
      handlers: { deserialization: () => 'fail', processing: () => 'fail', production: () => 'fail' },
      maxTaskIdleMs: -1,
      bufferedRecordsPerPartition: 1000,
      maxUncommittedBytes: 256 << 20,
      emitIntervalMs: 1000,
      readCacheBytes,
    },
    metrics: new MetricsRegistry(),
    log: silentLogger,
  });
  for (const tp of task.inputs) task.takePosition(tp, null);
  task.start(0);
  return { task, output };
}

function work(task: Task, slice: readonly FetchedRecords[], output: BatchOutput): void {
  let batches = slice;
  while (batches.length > 0) {
    for (const each of batches) task.enqueue(each);
    while (task.ready(0)) task.process(1000, 0);
    batches = output.takeReturned();
  }
}

async function commit(task: Task, output: BatchOutput): Promise<void> {
  task.prepareCommit();
  const acknowledged = output.acknowledge();
  await task.writeUnlogged();
  await task.completeCommit(acknowledged);
}
