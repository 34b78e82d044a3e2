/**
 * The application of `application-topology.ts` as a process of its own, with the settings of its Java twin. Prints `READY` when it runs and `CLOSED` when it ended in order.
 */
import { parseArgs } from 'node:util';
import { KafkaStreams, kafka, rocksdb } from 'millrace';
import { application } from './application-topology.ts';

const names = ['bootstrap', 'app-id', 'in', 'out', 'state-dir'] as const;
const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])) });

function flag(name: (typeof names)[number]): string {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return value;
}

const app = new KafkaStreams(application(flag('in'), flag('out')), {
  applicationId: flag('app-id'),
  client: kafka({ brokers: flag('bootstrap').split(',') }),
  state: rocksdb({ directory: flag('state-dir') }),
  commitIntervalMs: 100,
  sessionTimeoutMs: 6_000,
  maxTaskIdleMs: 300,
  topicRefreshMs: 300,
  handlers: { deserialization: () => 'continue', processing: () => 'continue', deadLetterTopic: `${flag('out')}dead` },
  leaveOnClose: true,
  onStateChange: (state) => {
    if (state === 'RUNNING') console.log('READY');
  },
  unstable: { emitIntervalMs: 300 },
});

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await app.run({ signal: stop.signal });
console.log('CLOSED');
