/**
 * The engine alone: one task over all sub-topologies, fed with real record batches, writing real record batches, committing every 10,000 inputs. No broker, no runtime.
 * One JSON line a round.
 *
 *   node bench/dist/engine/main.js [--state memory|rocksdb] [--records N] [--keys N] [--rounds N] [--unchecked] [--cache-bytes N] [--read-cache-bytes N] WORKLOAD…
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MetricsRegistry, silentLogger } from '@millrace/core';
import { createTask, type Task, topicName } from '@millrace/core/engine';
import { type FetchedRecords, type TopicPartition, topicPartition } from '@millrace/core/kafka';
import { RecordBatchBuilder } from '@millrace/kafka/protocol';
import type { StateEngine } from '@millrace/state';
import { MemoryEngine } from '@millrace/state/memory';
import { RocksDbEngine } from '@millrace/state/rocksdb';
import { BatchOutput, readBack } from './batch-output.ts';
import { randomOf, workload, type Workload } from './workloads.ts';

const recordsPerBatch = 128;
const commitEvery = 10_000;
const startMs = 1_000_000;
const applicationId = 'engine';

interface Options {
  readonly state: string;
  readonly readCacheBytes: number;
  readonly cacheBytes: number;
}

interface Input {
  readonly key: string;
  readonly value: string;
}

/** The input as a broker would send it: batches of 128 records, encoded before the clock runs. */
function encodeInput({ records, keys, values }: Workload): { readonly batches: Uint8Array[]; readonly inputs: Input[] } {
  const random = randomOf(7);
  const names = Array.from({ length: keys }, (_, i) => Buffer.from(`k${i}`));
  const builder = new RecordBatchBuilder({ maxBytes: 1 << 20 });
  const batches: Uint8Array[] = [];
  const inputs: Input[] = [];
  for (let i = 0; i < records; i++) {
    const key = names[Math.floor(random() * keys)] as Buffer;
    const value = values[i % values.length] as Uint8Array;
    builder.append(startMs + i, key, 0, key.length, value, 0, value.length, null);
    inputs.push({ key: key.toString(), value: Buffer.from(value).toString() });
    if (builder.count === recordsPerBatch || i === records - 1) batches.push(builder.finish());
  }
  return { batches, inputs };
}

async function openEngine(state: string): Promise<{ readonly engine: StateEngine; readonly close: () => Promise<void> }> {
  if (state === 'memory') return { engine: new MemoryEngine(), close: () => Promise.resolve() };
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

function open(
  subject: Workload,
  engine: StateEngine,
  options: Options,
  checked: boolean,
): { readonly task: Task; readonly output: BatchOutput } {
  const { plan } = subject.topology();
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
      cacheBytes: options.cacheBytes,
      applicationId,
      handlers: { deserialization: () => 'fail', processing: () => 'fail', production: () => 'fail' },
      maxTaskIdleMs: -1,
      bufferedRecordsPerPartition: 1000,
      maxUncommittedBytes: 256 << 20,
      emitIntervalMs: 1000,
      readCacheBytes: options.readCacheBytes,
    },
    metrics: new MetricsRegistry(),
    log: silentLogger,
  });
  for (const tp of task.inputs) task.takePosition(tp, null);
  task.start(0);
  return { task, output };
}

function work(task: Task, batch: FetchedRecords, output: BatchOutput): void {
  let batches: readonly FetchedRecords[] = [batch];
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

async function round(
  subject: Workload,
  batches: readonly Uint8Array[],
  options: Options,
  checked: boolean,
): Promise<{ readonly seconds: number; readonly cpuSeconds: number; readonly output: BatchOutput }> {
  const { engine, close } = await openEngine(options.state);
  const { task, output } = open(subject, engine, options, checked);
  const tp = topicPartition('in', 0);
  const offsets = new Map<TopicPartition, number>();
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  let sinceCommit = 0;
  for (const batch of batches) {
    work(task, readBack(tp, batch, offsets), output);
    sinceCommit += recordsPerBatch;
    if (sinceCommit < commitEvery) continue;
    sinceCommit = 0;
    await commit(task, output);
  }
  await commit(task, output);
  const seconds = (performance.now() - started) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  task.close();
  await close();
  return { seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6, output };
}

const usage = `Usage: node bench/dist/engine/main.js [OPTION…] [WORKLOAD…]

Runs workloads (default: passthrough count wordcount) through one task and checks what comes out.

  --state memory|rocksdb      engine below the stores (default memory)
  --records N, --keys N       size of the input (default: the workload's)
  --rounds N                  how often (default 3)
  --cache-bytes N             record cache (default 0)
  --read-cache-bytes N        rows kept for reading (default 64 MiB)
  --unchecked                 do not check the output
  --help                      this text`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      state: { type: 'string', default: 'memory' },
      records: { type: 'string' },
      keys: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      unchecked: { type: 'boolean', default: false },
      'cache-bytes': { type: 'string', default: '0' },
      'read-cache-bytes': { type: 'string', default: String(64 << 20) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const options: Options = {
    state: values.state,
    cacheBytes: Number(values['cache-bytes']),
    readCacheBytes: Number(values['read-cache-bytes']),
  };
  const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
  for (const name of positionals.length === 0 ? ['passthrough', 'count', 'wordcount'] : positionals) {
    const subject = workload(name, number(values.records), number(values.keys));
    const { batches, inputs } = encodeInput(subject);
    for (let i = 1; i <= Number(values.rounds); i++) {
      const { seconds, cpuSeconds, output } = await round(subject, batches, options, false);
      const { records, keys } = subject;
      const perSecond = Math.round(records / seconds);
      console.log(
        JSON.stringify({
          workload: name,
          state: options.state,
          records,
          keys,
          round: i,
          inPerS: perSecond,
          inPerCpuS: Math.round(records / cpuSeconds),
          out: output.partition('out', 0).appended,
        }),
      );
    }
    if (values.unchecked) continue;
    // Once more, unmeasured, looking at what comes out.
    const { output } = await round(subject, batches, options, true);
    const out = output.partition('out', 0);
    subject.check(inputs, out.last ?? new Map(), out.appended);
    console.log(JSON.stringify({ workload: name, state: options.state, check: 'right' }));
  }
}

await main();
