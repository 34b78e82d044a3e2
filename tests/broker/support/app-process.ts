/** A test program as a child process: wait for what it says, stop it in order, kill it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const programs = new URL('../../programs/dist/', import.meta.url);

export class AppProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #lines: string[] = [];
  readonly #errors: string[] = [];
  readonly #waiting = new Set<() => void>();
  #ended = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, 'exit').then(() => {
      this.#ended = true;
      this.#wake();
    });
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.#lines.push(line);
        this.#wake();
      });
    }
    child.stderr?.on('data', (data: Buffer) => this.#errors.push(data.toString()));
  }

  /** Starts a compiled program of tests/programs. */
  static node(program: string, flags: Readonly<Record<string, string>>): AppProcess {
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    return AppProcess.command(process.execPath, [fileURLToPath(new URL(`${program}.js`, programs)), ...args]);
  }

  static command(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): AppProcess {
    return new AppProcess(spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } }));
  }

  get ended(): boolean {
    return this.#ended;
  }

  get output(): string {
    return [...this.#lines, ...this.#errors].join('\n');
  }

  /** Resolves when a line of standard output starts with `text`; rejects when the process ends before. */
  async says(text: string): Promise<void> {
    await this.saysOrEnds(text);
    if (this.#lines.some((line) => line.startsWith(text))) return;
    throw new Error(`the process ended (${this.#child.exitCode ?? this.#child.signalCode}) before it said ${text}:\n${this.output}`);
  }

  /** As `says`, but an end of the process is welcome too: what it said last may be lost with it. */
  async saysOrEnds(text: string): Promise<void> {
    for (;;) {
      if (this.#ended || this.#lines.some((line) => line.startsWith(text))) return;
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  /** Resolves when the process ended, however it did. */
  async exit(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    await this.#exited;
    return { code: this.#child.exitCode, signal: this.#child.signalCode };
  }

  /** Asks the process to end and waits until it has. Throws unless it ended with code 0. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const { code, signal } = await this.exit();
    if (code !== 0) throw new Error(`the process did not end in order (${code ?? signal}):\n${this.output}`);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exit();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
