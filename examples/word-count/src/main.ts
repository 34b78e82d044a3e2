/** Runs the word count to the end of the book and shows the table: `npm start`. */
import { parseArgs } from 'node:util';
import { KafkaStreams, StateError, StreamsError, kafka, persistent, silentLogger, systemClock } from 'millrace';
import { loadBook, readLines } from './book.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { openDisplay, table, topWords } from './display.ts';
import { Follower, isComplete } from './progress.ts';
import { countsTopic, linesTopic, topology } from './topology.ts';

const usage = `Counts the words of a book with Millrace.

  npm start                                on an embedded Kafka, which starts fresh each time
  KAFKA_BROKERS=host:9092 npm start        on your own cluster; interrupted and started again, it goes on where it was

Options (after \`npm start --\`):
  --json     print every count as a JSON object instead of the table
  --plain    plain lines instead of a progress bar, also on a terminal
  --help     this text

Environment: KAFKA_BROKERS, WORD_COUNT_STATE (directory of the local state on your own cluster, default ./state)
`;

const partitions = 4;
const applicationId = 'word-count';

interface Options {
  readonly json: boolean;
  readonly plain: boolean;
  readonly help: boolean;
}

/** Ends the process with status 2 for words that are no options. */
function parseOptions(): Options {
  try {
    const flag = { type: 'boolean', default: false } as const;
    return parseArgs({ options: { json: flag, plain: flag, help: { ...flag, short: 'h' } } }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const options = parseOptions();
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const stop = new AbortController();
  const interrupt = (): void => {
    // A second Ctrl-C ends the process at once, as everywhere.
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  const display = openDisplay(process.stderr, options.plain);
  const cluster = await openCluster(process.env);
  try {
    display.say(
      cluster.embedded
        ? `An embedded Kafka listens on ${cluster.brokers.join(', ')}; it starts fresh each time.`
        : `Running on ${cluster.brokers.join(', ')}, state in ${cluster.stateDirectory}.`,
    );
    const counts = await countWords(cluster, display, stop.signal);
    display.done();
    if (counts === undefined) {
      display.say(cluster.embedded ? 'Interrupted.' : 'Interrupted. Start it again and it goes on from here.');
      process.exitCode = 130;
      return;
    }
    if (options.json) process.stdout.write(`${JSON.stringify(Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))))}\n`);
    else printResult(counts, cluster);
  } finally {
    await cluster.close();
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}

/** Loads the book, runs the application beside it, and stops it when everything is counted. Undefined if it was interrupted. */
async function countWords(
  cluster: Cluster,
  display: ReturnType<typeof openDisplay>,
  interrupted: AbortSignal,
): Promise<ReadonlyMap<string, number> | undefined> {
  const brokers = kafka({ brokers: cluster.brokers });
  const client = brokers.create({ clientId: 'word-count-follower', clock: systemClock, log: silentLogger });
  await client.connect();
  const app = new KafkaStreams(topology, {
    applicationId,
    client: brokers,
    state: persistent({ directory: cluster.stateDirectory }),
    commitIntervalMs: 500,
    // After a kill -9 the group waits so long for the dead instance.
    sessionTimeoutMs: '6s',
    leaveOnClose: true,
  });
  const finished = new AbortController();
  const follower = new Follower(client, applicationId);
  try {
    await client.admin().createTopics([linesTopic, countsTopic].map((name) => ({ name, partitions, replicationFactor: -1, configs: {} })));
    const lines = await readLines();
    const written = await loadBook(client, lines, partitions);
    display.say(`${lines.length} lines in the topic ${linesTopic}, ${written} of them written by this run.`);

    const running = app.run({ signal: AbortSignal.any([interrupted, finished.signal]) });
    const following = follow(follower, display, AbortSignal.any([interrupted, finished.signal])).finally(() => finished.abort());
    // The application's failure is the one to tell; the follower only watches.
    await Promise.all([running, following]);
    if (interrupted.aborted) return undefined;
    await follower.readToEnd();
    return follower.counts;
  } finally {
    finished.abort();
    await follower.close();
    await client.close();
  }
}

/** Shows progress until every record of the input and of the repartition topic is committed. */
async function follow(follower: Follower, display: ReturnType<typeof openDisplay>, signal: AbortSignal): Promise<void> {
  await follower.start();
  while (!signal.aborted) {
    await follower.readCounts(200);
    const progress = await follower.progress();
    display.update(progress, follower.counts);
    // The repartition topic is complete once the input is committed, so this cannot be early.
    if (isComplete(progress)) return;
  }
}

function printResult(counts: ReadonlyMap<string, number>, cluster: Cluster): void {
  let words = 0;
  for (const count of counts.values()) words += count;
  process.stdout.write(
    [
      `${words.toLocaleString('en')} words, ${counts.size.toLocaleString('en')} different ones. The most frequent:`,
      '',
      table(topWords(counts, 20)),
      '',
      cluster.embedded
        ? 'On your own cluster:   KAFKA_BROKERS=host:9092 npm start'
        : `The counts are in the topic ${countsTopic}, the table in ${applicationId}-word-counts-changelog.`,
      '',
    ].join('\n'),
  );
}

try {
  await main();
} catch (error) {
  // Errors of Millrace say what happened, where, and what to do; anything else is a bug whose stack is wanted.
  if (!(error instanceof StreamsError || error instanceof StateError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
