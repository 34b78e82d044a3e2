/** The process that runs trials, with its time limits: started anew when a fault has stopped it or left something behind. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Conversation, converse } from './conversation.ts';
import type { Reply, Request } from './messages.ts';

/** Some hundred times what a trial takes. */
const silenceMs = 30_000;
/** Trials are small; a fault that eats memory shall not take the machine's. */
const heapMegabytes = 900;

export type TrialResult = { readonly kind: 'noticed'; readonly by: string; readonly how: string } | { readonly kind: 'unnoticed' };

/** A trial that passes without faults, and what it reaches. */
export interface Reach {
  readonly trial: number;
  readonly faults: ReadonlySet<number>;
  readonly lasted: number;
}

type Started = Omit<Extract<Request, { kind: 'start' }>, 'kind' | 'on' | 'directory'>;

export class TrialRunner {
  readonly #start: Started;
  #child: ChildProcess | undefined;
  #directory: string | undefined;
  #on = -1;
  #trials = 0;

  constructor(start: Started) {
    this.#start = start;
  }

  /**
   * Runs every `parts`th trial without a fault, from number `part` on.
   *
   * @throws Error: the trials cannot be run even without faults
   */
  async reach(part: number, parts: number): Promise<readonly Reach[]> {
    const reached: Reach[] = [];
    await this.#running(-1);
    const trials = Array.from({ length: this.#trials }, (_, number) => number).filter((number) => number % parts === part);
    const end = await this.#ask({ kind: 'reach', trials }, (reply) => {
      if (reply.kind === 'reached' && reply.passed)
        reached.push({ trial: reply.trial, faults: new Set(reply.faults), lasted: reply.lasted });
    });
    if (end === undefined) throw new Error('The cases could not be run without a fault: see above.');
    return reached;
  }

  /** `atLoad`: the fault shows only in a process that is loaded with it. */
  async try(fault: number, trials: readonly number[], atLoad: boolean): Promise<TrialResult> {
    const started = await this.#running(atLoad ? fault : -1);
    if (!started) return { kind: 'noticed', by: 'loading', how: 'does not load' };
    const end = await this.#ask({ kind: 'try', fault, trials });
    if (end?.kind === 'unnoticed') return { kind: 'unnoticed' };
    if (end?.kind === 'noticed') {
      if (!end.clean) this.close();
      return { kind: 'noticed', by: end.by, how: end.how };
    }
    return { kind: 'noticed', by: 'the time or memory limit', how: 'stopped' };
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
  }

  async #running(on: number): Promise<boolean> {
    if (this.#child !== undefined && this.#on === on) return true;
    this.close();
    const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'millrace-trials-'));
    this.#directory = directory;
    this.#child = fork(join(import.meta.dirname, 'trial-process.js'), {
      execArgv: [`--max-old-space-size=${heapMegabytes}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#on = on;
    let complaints = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints = (complaints + text).slice(-2000);
    });
    const started = await this.#ask({ kind: 'start', ...this.#start, directory, on });
    if (started === undefined && on < 0) throw new Error(`The process that runs the cases did not start. ${complaints}`);
    if (started?.kind === 'started') this.#trials = started.trials;
    return started !== undefined;
  }

  /** The reply that ends the request; undefined when the process ended or went silent, and then it is gone. */
  async #ask(request: Request, each?: (reply: Reply) => void): Promise<Reply | undefined> {
    if (this.#child === undefined) return undefined;
    const conversation: Conversation<Request, Reply> = {
      request,
      silenceMs,
      ends: (reply) => {
        each?.(reply);
        return reply.kind !== 'alive' && reply.kind !== 'reached';
      },
    };
    const end = await converse(this.#child, conversation);
    if (end === undefined) this.#child = undefined;
    return end;
  }
}
