/** The example counts what the standard text tools count, under the test driver and on the embedded cluster. */
import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serdes } from 'millrace';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { bookFile } from '../src/book.ts';
import { countsTopic, linesTopic, topology } from '../src/topology.ts';

/** Words as perl sees them, counted by sort and uniq: nothing of Millrace is involved. */
function countedByTextTools(): ReadonlyMap<string, number> {
  const pipeline = `perl -CSD -ne 'print lc($&), "\\n" while /\\p{L}+/g' "$BOOK" | LC_ALL=C sort | uniq -c`;
  const output = execFileSync('sh', ['-c', pipeline], { env: { ...process.env, BOOK: fileURLToPath(bookFile) }, encoding: 'utf8' });
  return new Map(
    output
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(' '))
      .map(([count, word]) => [word ?? '', Number(count)]),
  );
}

test('counts the words of a line', () => {
  using driver = new TopologyTestDriver(topology);
  const lines = driver.createInputTopic(linesTopic, { key: serdes.string(), value: serdes.string() });
  const counts = driver.createOutputTopic(countsTopic, { key: serdes.string(), value: serdes.long() });

  lines.pipeInput('To be, or not to be');

  expect(counts.readKeyValuesToMap()).toEqual(
    new Map([
      ['to', 2],
      ['be', 2],
      ['or', 1],
      ['not', 1],
    ]),
  );
});

test('under the test driver the whole book has the counts of the text tools', async () => {
  using driver = new TopologyTestDriver(topology);
  const lines = driver.createInputTopic(linesTopic, { key: serdes.string(), value: serdes.string() });
  const counts = driver.createOutputTopic(countsTopic, { key: serdes.string(), value: serdes.long() });

  for (const line of (await readFile(bookFile, 'utf8')).split('\n')) lines.pipeInput(line);

  expect(counts.readKeyValuesToMap()).toEqual(countedByTextTools());
});

test('the program prints the counts of the text tools and exits with 0', async () => {
  const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const environment = { ...process.env };
  // The embedded cluster, also where the tests around run on another.
  delete environment['KAFKA_BROKERS'];

  const { stdout } = await promisify(execFile)(process.execPath, [program, '--json'], { env: environment });

  expect(new Map(Object.entries(JSON.parse(stdout) as Record<string, number>))).toEqual(countedByTextTools());
});
