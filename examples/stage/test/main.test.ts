/** What every example's program does with its options. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../threshold-sum/dist/main.js', import.meta.url));

async function run(...options: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const environment = { ...process.env };
  // The embedded cluster, also where the tests around run on another.
  delete environment['KAFKA_BROKERS'];
  try {
    const { stderr, stdout } = await promisify(execFile)(process.execPath, [program, ...options], { env: environment });
    return { code: 0, stdout, stderr };
  } catch (error) {
    // What execFile throws for a program that failed carries what it printed.
    const { code, stderr, stdout } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

test('prints what came out', async () => {
  const { code, stdout } = await run();
  expect([code, stdout]).toEqual([
    0,
    'Accounts that have spent more than 1,000.00, in cents:\n\nlarge-spenders\n  ada  110000\n  ben  100500\n',
  ]);
});

test('prints JSON', async () => {
  const { stdout } = await run('--json');
  expect(JSON.parse(stdout)).toEqual({
    'large-spenders': [
      { key: 'ada', value: 110_000 },
      { key: 'ben', value: 100_500 },
    ],
  });
});

test('says how it is used', async () => {
  expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('npm start -- threshold-sum') as string });
  expect(await run('--nonsense')).toMatchObject({ code: 2, stderr: expect.stringContaining("Unknown option '--nonsense'") as string });
});
