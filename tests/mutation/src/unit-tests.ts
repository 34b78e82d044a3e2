/** Unit tests on instrumented modules: which test files reach which faults, and whether they notice one. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { converse } from './conversation.ts';
import type { UnitReply, UnitRequest } from './messages.ts';

/** Where the configuration of vitest finds what it needs. */
export interface UnitTestSetup {
  /** Instrumented code by the source that it stands for, from the root. */
  readonly modules: Readonly<Record<string, string>>;
}

/** Fewest first: a file that reaches few faults is about this one. */
const mostFiles = 16;
const reachMs = 30 * 60_000;
const tryMs = 3 * 60_000;

function testFilesIn(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}

export class UnitTests {
  readonly #root: string;
  readonly #directory: string;
  readonly #folders: readonly string[];
  #reach: ReadonlyMap<string, ReadonlySet<number>> = new Map();
  readonly #idle: ChildProcess[] = [];

  /** `folders`: of test files, from the root. */
  constructor(root: string, { modules }: UnitTestSetup, folders: readonly string[]) {
    this.#root = root;
    this.#folders = folders;
    this.#directory = mkdtempSync(join(tmpdir(), 'millrace-mutation-'));
    writeFileSync(join(this.#directory, 'setup.json'), JSON.stringify({ modules }));
  }

  /**
   * Runs all of them once without a fault, in so many processes. Files that fail by themselves are not used.
   *
   * @throws Error: the test runner does not run
   */
  async reach(jobs: number): Promise<number> {
    const files = this.#folders.flatMap((folder) => testFilesIn(this.#root, folder));
    const parts = Array.from({ length: jobs }, (_, part) => files.filter((_file, index) => index % jobs === part));
    const failing = await Promise.all(parts.map((part) => this.#reached(part)));
    const unfit = new Set<string>();
    for (const failed of failing) {
      if (failed === undefined) throw new Error('The unit tests could not be run without a fault.');
      for (const file of failed) unfit.add(file);
    }
    const reach = new Map<string, ReadonlySet<number>>();
    for (const name of readdirSync(this.#directory).filter((file) => file.startsWith('reached-'))) {
      // Written by the setup file, one for each file that passed.
      const { file, faults } = JSON.parse(readFileSync(join(this.#directory, name), 'utf8')) as { file: string; faults: readonly number[] };
      if (!unfit.has(file)) reach.set(file, new Set(faults));
    }
    this.#reach = reach;
    return reach.size;
  }

  /** The files that reach a fault. */
  filesFor(fault: number): readonly string[] {
    return [...this.#reach]
      .filter(([, faults]) => faults.has(fault))
      .sort(([, one], [, other]) => one.size - other.size)
      .slice(0, mostFiles)
      .map(([file]) => file);
  }

  /** Which of the files fails with the fault on; not answering in time counts. */
  async notice(fault: number, files: readonly string[]): Promise<string | undefined> {
    if (files.length === 0) return undefined;
    const failed = await this.#try(fault, files);
    return failed === undefined ? 'the time or memory limit' : failed[0];
  }

  close(): void {
    for (const child of this.#idle) child.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #reached(files: readonly string[]): Promise<readonly string[] | undefined> {
    const child = await this.#opened();
    const failed = await run(child, { kind: 'run', fault: -1, files, all: true }, reachMs);
    if (failed !== undefined) this.#idle.push(child);
    return failed;
  }

  async #try(fault: number, files: readonly string[]): Promise<readonly string[] | undefined> {
    const child = this.#idle.pop() ?? (await this.#opened());
    const failed = await run(child, { kind: 'run', fault, files, all: false }, tryMs);
    if (failed !== undefined) this.#idle.push(child);
    return failed;
  }

  async #opened(): Promise<ChildProcess> {
    const child = fork(join(import.meta.dirname, 'unit-process.js'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, MILLRACE_FAULTS: this.#directory },
    });
    const request: UnitRequest = {
      kind: 'open',
      root: this.#root,
      config: join(this.#root, 'tests', 'mutation', 'vitest.config.ts'),
    };
    const reply = await converse<UnitRequest, UnitReply>(child, { request, silenceMs: tryMs, ends: () => true });
    if (reply === undefined) throw new Error('The test runner does not start: see above.');
    return child;
  }
}

/** The files that failed; undefined when the process ended or went silent. */
async function run(
  child: ChildProcess,
  request: Extract<UnitRequest, { kind: 'run' }>,
  silenceMs: number,
): Promise<readonly string[] | undefined> {
  const reply = await converse<UnitRequest, UnitReply>(child, { request, silenceMs, ends: () => true });
  return reply?.kind === 'ran' ? reply.failed : undefined;
}
