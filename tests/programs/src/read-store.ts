/**
 * Prints what the engines of a stopped word count hold, without Kafka: one JSON array of key and count. Opens the databases as the runtime does and reads them through
 * the stores of tasks that never start.
 */
import { parseArgs } from 'node:util';
import { createTask, topicName } from '@millrace/core/engine';
import { type ReadOnlyKeyValueStore, MetricsRegistry, type ValueAndTimestamp, silentLogger } from 'millrace';
import { backendOf } from './backend.ts';
import { wordCount } from './word-count-topology.ts';

const { values: flags } = parseArgs({
  options: {
    engine: { type: 'string', default: 'rocksdb' },
    'state-dir': { type: 'string', default: '' },
    'app-id': { type: 'string', default: '' },
    store: { type: 'string', default: '' },
  },
});

const directory = await backendOf(flags.engine, flags['state-dir']).open({ applicationId: flags['app-id'], now: Date.now });
const { plan } = wordCount('in', 'out');
const rows: [string, number][] = [];
const refuse = (): never => {
  throw new Error('nothing is written here');
};

for (const { taskId } of directory.storedTasks()) {
  const [subtopologyId, partition] = taskId.split('_').map(Number);
  const subtopology = plan.subtopologies.find(({ id }) => id === subtopologyId);
  if (subtopology === undefined || partition === undefined || !subtopology.stores.some(({ spec }) => spec.name === flags.store)) continue;
  const state = await directory.openTask(taskId);
  const task = createTask({
    id: taskId,
    partition,
    subtopologies: [subtopology],
    sourceTopics: new Map(
      subtopology.nodes.flatMap((node) =>
        node.kind === 'source' ? [[node.name, node.topics.map((topic) => topicName(flags['app-id'], topic))] as const] : [],
      ),
    ),
    engine: state.engine,
    output: {
      bufferedBytes: 0,
      full: false,
      partitionCount: () => undefined,
      partition: (topic, number) => ({ tp: { topic, partition: number }, appended: 0, append: refuse }),
    },
    settings: {
      ...plan.settings,
      applicationId: flags['app-id'],
      handlers: { deserialization: () => 'fail', processing: () => 'fail', production: () => 'fail' },
      maxTaskIdleMs: 0,
      bufferedRecordsPerPartition: 1,
      maxUncommittedBytes: 1,
      emitIntervalMs: 0,
      readCacheBytes: 0,
    },
    metrics: new MetricsRegistry(),
    log: silentLogger,
  });
  // The topology names the store's types: counts of words with their timestamps.
  const store = task.store(flags.store) as ReadOnlyKeyValueStore<string, ValueAndTimestamp<number>>;
  for (const { key, value } of store.all()) rows.push([key, value.value]);
  task.close();
  await state.close();
}
await directory.close();
console.log(JSON.stringify(rows));
