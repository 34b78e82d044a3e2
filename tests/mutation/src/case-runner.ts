/** The process that runs cases, with its time limits: started anew when a fault has stopped it or left something behind. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Reply, Request } from './messages.ts';

/** Longer than any case takes, on a machine that is busy too. */
const silenceMs = 60_000;

export type CaseResult = { readonly kind: 'noticed'; readonly by: string; readonly how: string } | { readonly kind: 'unnoticed' };

/** A case that passes without faults, and what it reaches. */
export interface Reach {
  readonly testCase: number;
  readonly faults: ReadonlySet<number>;
  readonly lasted: number;
}

type Started = Omit<Extract<Request, { kind: 'start' }>, 'kind' | 'on'>;

export class CaseRunner {
  readonly #start: Started;
  #child: ChildProcess | undefined;
  #on = -1;

  constructor(start: Started) {
    this.#start = start;
  }

  /** @throws Error: the cases cannot be run even without faults */
  async reach(): Promise<readonly Reach[]> {
    const reached: Reach[] = [];
    await this.#running(-1);
    const end = await this.#ask({ kind: 'reach' }, (reply) => {
      if (reply.kind === 'reached' && reply.passed)
        reached.push({ testCase: reply.testCase, faults: new Set(reply.faults), lasted: reply.lasted });
    });
    if (end === undefined) throw new Error('The cases could not be run without a fault: see above.');
    return reached;
  }

  /** `atLoad`: the fault shows only in a process that is loaded with it. */
  async try(fault: number, cases: readonly number[], atLoad: boolean): Promise<CaseResult> {
    const started = await this.#running(atLoad ? fault : -1);
    if (!started) return { kind: 'noticed', by: 'loading', how: 'does not load' };
    const end = await this.#ask({ kind: 'try', fault, cases });
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
  }

  async #running(on: number): Promise<boolean> {
    if (this.#child !== undefined && this.#on === on) return true;
    this.close();
    this.#child = fork(join(import.meta.dirname, 'case-process.js'), {
      execArgv: ['--max-old-space-size=1500'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#on = on;
    let complaints = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints = (complaints + text).slice(-2000);
    });
    const started = await this.#ask({ kind: 'start', ...this.#start, on });
    if (started === undefined && on < 0) throw new Error(`The process that runs the cases did not start. ${complaints}`);
    return started !== undefined;
  }

  /** The reply that ends the request; undefined when the process ended or went silent, and then it is gone. */
  #ask(request: Request, each?: (reply: Reply) => void): Promise<Reply | undefined> {
    const child = this.#child;
    if (child === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      let timer = setTimeout(stop, silenceMs);
      const done = (reply: Reply | undefined): void => {
        clearTimeout(timer);
        child.off('message', heard);
        child.off('exit', gone);
        resolve(reply);
      };
      const gone = (): void => {
        this.#child = undefined;
        done(undefined);
      };
      const heard = (reply: Reply): void => {
        clearTimeout(timer);
        timer = setTimeout(stop, silenceMs);
        each?.(reply);
        if (reply.kind !== 'alive' && reply.kind !== 'reached') done(reply);
      };
      function stop(): void {
        child?.kill('SIGKILL');
      }
      child.on('message', heard);
      child.on('exit', gone);
      child.send(request);
    });
  }
}
