/** One workload of the peer benchmark on Millrace, driven by the flags that every peer takes. Prints `READY` when it runs, ends on SIGTERM. */
import { parseArgs } from 'node:util';
import { KafkaStreams, kafka, memory, rocksdb } from 'millrace';
import { topologyOf, workloads } from './workloads.ts';

const names = [
  'workload',
  'bootstrap',
  'app-id',
  'in',
  'out',
  'guarantee',
  'commit-ms',
  'cache-bytes',
  'store',
  'threads',
  'state-dir',
] as const;
const { values: flags } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])) });

function flag(name: (typeof names)[number], fallback?: string): string {
  const value = flags[name] ?? fallback;
  if (typeof value === 'string') return value;
  console.error(`--${name} is missing`);
  process.exit(2);
}

const workload = workloads.find((name) => name === flag('workload'));
if (workload === undefined || flag('guarantee', 'at_least_once') !== 'at_least_once') {
  console.error(`not offered: ${flag('workload')} with ${flag('guarantee', 'at_least_once')}`);
  process.exit(3);
}

const inMemory = flag('store', 'persistent') === 'memory';
const topology = topologyOf(workload, { input: flag('in'), output: flag('out'), cacheBytes: Number(flag('cache-bytes', '0')), inMemory });
const app = new KafkaStreams(topology, {
  applicationId: flag('app-id'),
  client: kafka({ brokers: flag('bootstrap').split(',') }),
  state: inMemory ? memory() : rocksdb({ directory: flag('state-dir') }),
  commitIntervalMs: Number(flag('commit-ms', '1000')),
  leaveOnClose: true,
  onStateChange: (state) => {
    if (state === 'RUNNING') console.log(`READY ${performance.now().toFixed(0)}`);
  },
});

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await app.run({ signal: stop.signal });
