/**
 * The word count as a process of its own, for tests that kill, stop and move it. Prints `READY` when it runs and `CLOSED` when it ended in order.
 */
import { parseArgs } from 'node:util';
import { KafkaStreams, kafka } from 'millrace';
import { platformatic } from '@millrace/kafka/platformatic';
import { backendOf } from './backend.ts';
import { wordCount } from './word-count-topology.ts';

const { values: flags } = parseArgs({
  options: {
    bootstrap: { type: 'string' },
    'app-id': { type: 'string' },
    in: { type: 'string' },
    out: { type: 'string' },
    'state-dir': { type: 'string', default: '' },
    engine: { type: 'string', default: 'rocksdb' },
    wire: { type: 'string', default: 'kafkajs' },
    'commit-ms': { type: 'string', default: '200' },
    'session-ms': { type: 'string', default: '1500' },
    /** `step:n`: SIGKILL at the nth time the commit reaches this step. */
    'kill-at': { type: 'string', default: '' },
  },
});

function required(name: 'bootstrap' | 'app-id' | 'in' | 'out'): string {
  const value = flags[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return value;
}

const [killStep, killCount] = flags['kill-at'].split(':');
let reached = 0;

const brokers = required('bootstrap').split(',');
const client = flags.wire === 'platformatic' ? platformatic({ bootstrapBrokers: brokers }) : kafka({ brokers });

const app = new KafkaStreams(wordCount(required('in'), required('out')), {
  applicationId: required('app-id'),
  client,
  state: backendOf(flags.engine, flags['state-dir']),
  commitIntervalMs: Number(flags['commit-ms']),
  sessionTimeoutMs: Number(flags['session-ms']),
  leaveOnClose: true,
  onStateChange: (state) => {
    if (state === 'RUNNING') console.log('READY');
  },
  unstable: {
    onStep(step) {
      if (step === killStep && ++reached === Number(killCount)) process.kill(process.pid, 'SIGKILL');
    },
  },
});

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await app.run({ signal: stop.signal });
console.log('CLOSED');
