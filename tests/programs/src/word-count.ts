/**
 * The word count as a process of its own, for tests that kill, stop and move it. Splits as the Java program of the hand-over test does: `\W+`, empty words counted.
 *
 * Prints `READY` when it runs and `CLOSED` when it ended in order. On SIGUSR2 it writes its local table, one JSON line, and goes on.
 */
import { parseArgs } from 'node:util';
import { KafkaStreams, type StateBackend, StreamsBuilder, kafka, leveldb, memory, rocksdb, serdes } from 'millrace';
import { platformatic } from '@millrace/kafka/platformatic';

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

function stateBackend(): StateBackend {
  const directory = flags['state-dir'];
  switch (flags.engine) {
    case 'memory':
      return memory();
    case 'leveldb':
      return leveldb({ directory });
    default:
      return rocksdb({ directory });
  }
}

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
builder
  .stream<string, string>(required('in'))
  .flatMapValues((line) => line.toLowerCase().split(/\W+/))
  .groupBy((word) => word)
  .count()
  .toStream()
  .to(required('out'), { value: serdes.long() });
const topology = builder.build();

const [killStep, killCount] = flags['kill-at'].split(':');
let reached = 0;

const brokers = required('bootstrap').split(',');
const client = flags.wire === 'platformatic' ? platformatic({ bootstrapBrokers: brokers }) : kafka({ brokers });

const app = new KafkaStreams(topology, {
  applicationId: required('app-id'),
  client,
  state: stateBackend(),
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
