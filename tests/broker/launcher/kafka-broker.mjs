/** Starts, stops, kills and freezes a real Apache Kafka broker in a directory of its own, and runs Kafka's own tools. Types: kafka-broker.d.mts. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { classPath } from './jars.mjs';
import { brokerSettings } from './settings.mjs';

export { kafkaVersion, missingForBroker } from './jars.mjs';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;
const log4j = fileURLToPath(new URL('log4j2.properties', import.meta.url));

const tools = {
  configs: 'kafka.admin.ConfigCommand',
  'console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'consumer-perf': 'org.apache.kafka.tools.ConsumerPerformance',
  'delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  features: 'org.apache.kafka.tools.FeatureCommand',
  'get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  groups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'producer-perf': 'org.apache.kafka.tools.ProducerPerformance',
  topics: 'org.apache.kafka.tools.TopicCommand',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
};

export const toolNames = Object.keys(tools);

export class KafkaBroker {
  #pid;

  constructor(directory, port) {
    this.directory = directory;
    this.port = port;
    this.bootstrap = `127.0.0.1:${port}`;
  }

  get pid() {
    return this.#pid;
  }

  /** A broker that was started in the directory before, running or not. */
  static open(directory) {
    const place = resolve(directory);
    const port = Number(readFileSync(join(place, 'port'), 'utf8'));
    const broker = new KafkaBroker(place, port);
    broker.#pid = broker.#runningPid();
    return broker;
  }

  /** Starts it again: same data, same port. Does nothing if it runs. */
  async start() {
    if (this.#runningPid() !== undefined) return;
    const log = openSync(join(this.directory, 'server.log'), 'a');
    const heap = (process.env.KAFKA_HEAP ?? '-Xms256m -Xmx1g').split(' ');
    const options = [...heap, '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', ...(await jvmOptions('INFO'))];
    const child = spawn('java', [...options, 'kafka.Kafka', join(this.directory, 'server.properties')], {
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    child.unref();
    let hasExited = false;
    child.once('exit', () => (hasExited = true));
    child.once('error', () => (hasExited = true));
    this.#pid = child.pid;
    writeFileSync(join(this.directory, 'pid'), `${child.pid}`);
    const deadline = performance.now() + startTimeoutMs;
    while (!(await answersMetadata(this.port))) {
      if (hasExited) throw new Error(`the broker stopped while it started:\n${await this.#lastLogLines()}`);
      if (performance.now() > deadline) {
        process.kill(child.pid, 'SIGKILL');
        throw new Error(`the broker did not answer within ${startTimeoutMs} ms:\n${await this.#lastLogLines()}`);
      }
      await delay(50);
    }
  }

  /** Orderly. */
  stop() {
    return this.#end('SIGTERM');
  }

  /** As if the machine had lost power: kill -9. */
  kill() {
    return this.#end('SIGKILL');
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  /** Connections stay open and nothing answers. Resolves when every thread stands still. */
  async freeze() {
    const pid = this.#signal('SIGSTOP');
    while (!hasStopped(pid)) await delay(5);
  }

  thaw() {
    this.#signal('SIGCONT');
  }

  /** Kills it and deletes its directory. */
  async remove() {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #signal(signal) {
    const pid = this.#runningPid();
    if (pid === undefined) throw new Error(`no broker runs in ${this.directory}`);
    process.kill(pid, signal);
    return pid;
  }

  async #end(signal) {
    const deadline = performance.now() + stopTimeoutMs;
    for (let pid = this.#runningPid(), sent = false; pid !== undefined; pid = this.#runningPid()) {
      if (!sent || performance.now() > deadline) process.kill(pid, sent ? 'SIGKILL' : signal);
      sent = true;
      await delay(20);
    }
    this.#pid = undefined;
    rmSync(join(this.directory, 'pid'), { force: true });
  }

  /** Process ids are used again: the command line must name this directory. */
  #runningPid() {
    const file = join(this.directory, 'pid');
    if (!existsSync(file)) return undefined;
    const pid = Number(readFileSync(file, 'utf8'));
    return commandOf(pid).includes(join(this.directory, 'server.properties')) ? pid : undefined;
  }

  async #lastLogLines() {
    return (await readFile(join(this.directory, 'server.log'), 'utf8')).split('\n').slice(-20).join('\n');
  }
}

export async function startBroker({ directory, port = 0, settings = {} } = {}) {
  const place = directory === undefined ? await mkdtemp(join(tmpdir(), 'millrace-broker-')) : resolve(directory);
  await mkdir(place, { recursive: true });
  const [free, controllerPort] = await freePorts(2);
  const broker = new KafkaBroker(place, port === 0 ? free : port);
  const properties = { ...brokerSettings({ directory: place, port: broker.port, controllerPort }), ...settings };
  writeFileSync(
    join(place, 'server.properties'),
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  writeFileSync(join(place, 'port'), `${broker.port}`);
  if (!existsSync(join(place, 'data', 'meta.properties'))) await format(place);
  await broker.start();
  return broker;
}

export async function runTool(tool, args, { input = '', timeoutMs = 60_000 } = {}) {
  const mainClass = tool.includes('.') ? tool : tools[tool];
  if (mainClass === undefined) throw new Error(`there is no tool ${tool}, only ${toolNames.join(', ')} and class names`);
  return runJava(mainClass, args, input, timeoutMs);
}

async function format(place) {
  const config = join(place, 'server.properties');
  const id = await runJava('kafka.tools.StorageTool', ['random-uuid'], '', 60_000);
  const clusterId = id.stdout.trim();
  const { exitCode, stderr } = await runJava(
    'kafka.tools.StorageTool',
    ['format', '--cluster-id', clusterId, '--config', config],
    '',
    60_000,
  );
  if (exitCode !== 0) throw new Error(`formatting the broker's directory failed:\n${stderr}`);
}

async function jvmOptions(logLevel) {
  return [`-Dlauncher.loglevel=${logLevel}`, `-Dlog4j2.configurationFile=${log4j}`, '-cp', await classPath()];
}

async function runJava(mainClass, args, input, timeoutMs) {
  const options = ['-Xmx512m', '-XX:TieredStopAtLevel=1', ...(await jvmOptions('WARN'))];
  const child = spawn('java', [...options, mainClass, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
  child.stdin.on('error', () => {
    // A tool that ends early closes its input; its exit code tells why.
  });
  child.stdin.end(input);
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (exitCode) => done({ ...output, exitCode: exitCode ?? -1 }));
  });
}

/** Whether a Metadata request (version 1, no topics) is answered with one broker that is alive. */
function answersMetadata(port) {
  const request = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0]);
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port });
    let received = Buffer.alloc(0);
    const finish = (value) => {
      socket.destroy();
      done(value);
    };
    socket.setTimeout(2000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('connect', () => socket.write(request));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      // Length, correlation id, number of brokers.
      if (received.length >= 12) finish(received.readInt32BE(8) === 1);
    });
  });
}

/** Ports that nobody listens on. */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((done) => server.listen(0, '127.0.0.1', done));
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** The signal reaches one thread after the other. */
function hasStopped(pid) {
  if (!existsSync('/proc/self/task')) return execFileSync('ps', ['-p', `${pid}`, '-o', 'stat='], { encoding: 'utf8' }).startsWith('T');
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    // The state is the first field behind the command's name, which stands in brackets.
    const stat = statOf(pid, thread);
    return stat === undefined || stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}

/** Undefined for a thread that has ended since the threads were listed. */
function statOf(pid, thread) {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
  } catch {
    return undefined;
  }
}

function commandOf(pid) {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return execFileSync('ps', ['-p', `${pid}`, '-o', 'args='], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
