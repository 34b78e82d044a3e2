/** Unit tests on instrumented modules: which test files reach which faults, and whether they notice one. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the configuration of vitest finds what it needs. */
export interface UnitTestSetup {
  /** Instrumented code by the source that it stands for, from the root. */
  readonly modules: Readonly<Record<string, string>>;
}

/** Fewest first: a file that reaches few faults is about this one. */
const mostFiles = 12;

export class UnitTests {
  readonly #root: string;
  readonly #directory: string;
  readonly #folders: readonly string[];
  #reach: ReadonlyMap<string, ReadonlySet<number>> = new Map();

  /** `folders`: of test files, from the root. */
  constructor(root: string, { modules }: UnitTestSetup, folders: readonly string[]) {
    this.#root = root;
    this.#folders = folders;
    this.#directory = mkdtempSync(join(tmpdir(), 'millrace-mutation-'));
    writeFileSync(join(this.#directory, 'setup.json'), JSON.stringify({ modules }));
  }

  /** Runs all of them once without a fault. Files that fail by themselves are not used. */
  async reach(): Promise<number> {
    await this.#vitest(-1, this.#folders, 30 * 60_000);
    const reach = new Map<string, ReadonlySet<number>>();
    for (const name of readdirSync(this.#directory).filter((file) => file.startsWith('reached-'))) {
      // Written by the setup file, one for each file that passed.
      const { file, faults } = JSON.parse(readFileSync(join(this.#directory, name), 'utf8')) as { file: string; faults: readonly number[] };
      reach.set(file, new Set(faults));
    }
    this.#reach = reach;
    return reach.size;
  }

  /** The files that reach a fault, or all that are about as likely when it is a fault of loading. */
  filesFor(fault: number): readonly string[] {
    return [...this.#reach]
      .filter(([, faults]) => faults.has(fault))
      .sort(([, one], [, other]) => one.size - other.size)
      .slice(0, mostFiles)
      .map(([file]) => file);
  }

  /** Whether one of the files fails with the fault on; not answering in time counts. */
  async notice(fault: number, files: readonly string[]): Promise<boolean> {
    return files.length > 0 && !(await this.#vitest(fault, files, 4 * 60_000));
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #vitest(fault: number, files: readonly string[], limitMs: number): Promise<boolean> {
    const vitest = join(this.#root, 'node_modules', 'vitest', 'vitest.mjs');
    const config = join(this.#root, 'tests', 'mutation', 'vitest.config.ts');
    if (!existsSync(vitest)) throw new Error(`${vitest} is not there: install first.`);
    const bail = fault < 0 ? [] : ['--bail', '1'];
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [vitest, 'run', '--config', config, '--root', this.#root, ...bail, ...files], {
        stdio: 'ignore',
        env: { ...process.env, MILLRACE_FAULT: String(fault), MILLRACE_FAULTS: this.#directory },
        timeout: limitMs,
        killSignal: 'SIGKILL',
      });
      child.on('error', reject);
      child.on('exit', (code) => resolve(code === 0));
    });
  }
}
