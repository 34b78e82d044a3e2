/** Child processes run compiled JavaScript, since not every Node that we support runs TypeScript. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

const packageDirectory = fileURLToPath(new URL('../..', import.meta.url));

/** Throws unless `dist` was built from the sources as they are: a stale build would test yesterday's code. */
export function checkBuilt(): void {
  const sources = readdirSync(join(packageDirectory, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const stale = sources.find((name) => {
    const source = join(packageDirectory, 'src', name);
    const built = join(packageDirectory, 'dist', name.replace(/\.ts$/, '.js'));
    return !existsSync(built) || contentIsNewer(source, built);
  });
  if (stale !== undefined) throw new Error(`dist is older than src/${stale}: run "npx tsc -b packages/state" (npm test does it first)`);
}

/** The compiler leaves a file alone whose output would be the same, but it writes its build information anew. */
function contentIsNewer(source: string, built: string): boolean {
  const sourceMs = statSync(source).mtimeMs;
  return sourceMs > statSync(built).mtimeMs && sourceMs > statSync(join(packageDirectory, 'dist', '.tsbuildinfo')).mtimeMs;
}

/** Runs a script of `test/children` in a process of its own, killed when the test is over. It talks by messages. */
export function startChild(script: string, ...args: readonly string[]): ChildProcess {
  checkBuilt();
  const child = fork(pathOf(script), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  onTestFinished(() => kill(child));
  return child;
}

/** Runs a script of `test/children` in a thread of this process, ended when the test is over. */
export function startThread(script: string, ...args: readonly string[]): Worker {
  checkBuilt();
  const thread = new Worker(pathOf(script), { argv: [...args], execArgv: [] });
  onTestFinished(async () => {
    await thread.terminate();
  });
  return thread;
}

/**
 * Runs a script that writes a line for each thing it has done, and kills it after it wrote `lines` of them, in the middle of whatever it does then. Returns
 * every whole line that it wrote.
 */
export async function runAndKill(script: string, lines: number, ...args: readonly string[]): Promise<readonly string[]> {
  checkBuilt();
  const child = spawn(process.execPath, [pathOf(script), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => kill(child));
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > lines) child.kill('SIGKILL');
  });
  const [exitCode, signal]: unknown[] = await once(child, 'close');
  if (signal !== 'SIGKILL') throw new Error(`${script} ended with ${String(exitCode)} before it was killed`);
  return output.split('\n').slice(0, -1);
}

function pathOf(script: string): string {
  return join(packageDirectory, 'test', 'children', script);
}

export async function nextMessage(from: EventEmitter): Promise<unknown> {
  const [message]: unknown[] = await once(from, 'message');
  return message;
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
