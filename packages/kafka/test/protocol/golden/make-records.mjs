/**
 * Makes JavaRecords.json beside it: segments that Kafka's Java producer and broker wrote, and what its Java consumer read from them.
 * node make-records.mjs (needs Java, and Maven the first time; not run in CI)
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool, startBroker } from '../../../../../tests/broker/launcher/kafka-broker.mjs';

const lines = [
  'h1:v1,h2:v2|key-1|first value',
  'h1:größer|key-2|zweiter Wert',
  ...Array.from({ length: 30 }, (_, index) => `n:${index}|key-${index % 3}|${`a line that compresses well ${index};`.repeat(4)}`),
];

const cases = [
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((compression) => ({ name: compression, compression, config: 'message.timestamp.type=CreateTime' })),
  { name: 'append-time', compression: 'none', config: 'message.timestamp.type=LogAppendTime' },
];

async function tool(name, args, input) {
  const { stdout, stderr, exitCode } = await runTool(name, args, { input });
  if (exitCode !== 0) throw new Error(`${name} failed: ${stderr}`);
  return stdout;
}

const broker = await startBroker();
try {
  const server = ['--bootstrap-server', broker.bootstrap];
  const made = [];
  for (const { name, compression, config } of cases) {
    await tool('topics', [...server, '--create', '--topic', name, '--partitions', '1', '--config', config]);
    const parse = ['parse.key=true', 'parse.headers=true', 'key.separator=|', 'headers.delimiter=|'].flatMap((property) => ['--reader-property', property]);
    const producer = [...server, '--topic', name, '--compression-codec', compression, ...parse];
    await tool('console-producer', producer, lines.join('\n'));
    const print = ['offset', 'timestamp', 'headers', 'key', 'value'].flatMap((what) => ['--formatter-property', `print.${what}=true`]);
    const separator = ['--formatter-property', 'key.separator=|', '--formatter-property', 'headers.separator=;'];
    const consumer = [...server, '--topic', name, '--from-beginning', '--max-messages', `${lines.length}`, ...print, ...separator];
    const printed = (await tool('console-consumer', consumer, '')).trimEnd().split('\n');
    const segment = readFileSync(join(broker.directory, 'data', `${name}-0`, '00000000000000000000.log'));
    made.push({ name, printed, bytes: segment.toString('base64') });
  }
  writeFileSync(fileURLToPath(new URL('JavaRecords.json', import.meta.url)), `${JSON.stringify(made, null, 1)}\n`);
} finally {
  await broker.remove();
}
