/** The program of an example: where it runs, its options, and the tables that it prints. */
import { parseArgs } from 'node:util';
import { StateError, StreamsError, kafka, persistent } from 'millrace';
import { performEmbedded } from './perform-embedded.ts';
import { perform } from './perform.ts';
import type { Play, Story } from './play.ts';

/** Plays on an embedded Kafka, or on the cluster that KAFKA_BROKERS names. Ends the process with 130 after Ctrl-C, 1 after an error, 2 for words that are no options. */
export async function main(play: Play): Promise<void> {
  const options = parseOptions(play);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  // Once: a second Ctrl-C ends the process at once, as everywhere.
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const story = await playAt(process.env['KAFKA_BROKERS'], play, stop.signal);
    if (stop.signal.aborted) process.exitCode = 130;
    else process.stdout.write(options.json ? `${JSON.stringify(Object.fromEntries(story), null, 2)}\n` : tables(play, story));
  } catch (error) {
    // Errors of Millrace say what happened, where, and what to do; anything else is a bug whose stack is wanted.
    if (!(error instanceof StreamsError || error instanceof StateError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } finally {
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}

function playAt(brokers: string | undefined, play: Play, signal: AbortSignal): Promise<Story> {
  if (brokers === undefined || brokers === '') return performEmbedded(play, signal);
  const client = kafka({ brokers: brokers.split(',').map((broker) => broker.trim()) });
  return perform(play, { client, state: persistent({ directory: 'state' }) }, signal);
}

function parseOptions(play: Play): { readonly json: boolean } {
  const usage = `${play.about}

  npm start -- ${play.applicationId}                                on an embedded Kafka, which starts fresh each time
  KAFKA_BROKERS=host:9092 npm start -- ${play.applicationId}        on your own cluster, local state in ./state

Options: --json (what came out, as JSON), --help
`;
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    });
    if (!values.help) return values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
  process.stdout.write(usage);
  process.exit(0);
}

function tables(play: Play, story: Story): string {
  const sections = [...story].map(([topic, rows]) => {
    const width = Math.max(...rows.map(({ key }) => key.length), 0);
    return [topic, ...rows.map(({ key, value }) => `  ${key.padEnd(width)}  ${JSON.stringify(value)}`)].join('\n');
  });
  return `${[play.about, ...sections].join('\n\n')}\n`;
}
