/** Kafka Streams as a process that is kept alive: cases go in a line each, and come back with what it did. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Json, JsonObject } from '#cases/json';

/** Ends a batch: the oracle leaves out what it cannot read, so only an answer to something behind it says that nothing more will come. */
const lastId = '~last';
const last: JsonObject = { id: lastId, topology: [{ id: 's', op: 'stream', topic: 's' }], inputs: [] };

/** Longer than any case takes on a busy machine. */
const silenceMs = 180_000;

/** Answers by the ids of the cases; a case without one was refused as malformed. */
export type Answers = ReadonlyMap<string, JsonObject>;

export class Oracle {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;
  #complaints = '';
  #turn: Promise<void> = Promise.resolve();

  /** `command`: an executable that speaks the case format; `args`: such as `--ties asc`. */
  constructor(command: string, args: readonly string[] = []) {
    this.#process = spawn(command, [...args], { stdio: 'pipe' });
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-4000);
    });
    // A dead process shows in the reading below, with what it complained of.
    this.#process.stdin.on('error', () => {});
    this.#process.on('error', (error) => {
      this.#complaints += error.message;
    });
    this.#lines = createInterface({ input: this.#process.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /**
   * One batch after the other, in the order of asking.
   *
   * @throws Error: the process has ended
   */
  ask(cases: readonly JsonObject[]): Promise<Answers> {
    const answers = this.#turn.then(() => this.#askNow(cases));
    // Whoever asked hears of a failure; who comes next meets it again.
    this.#turn = answers.then(
      () => {},
      () => {},
    );
    return answers;
  }

  async #askNow(cases: readonly JsonObject[]): Promise<Answers> {
    for (const testCase of [...cases, last]) this.#process.stdin.write(`${JSON.stringify({ ...testCase, expect: {} })}\n`);
    const answers = new Map<string, JsonObject>();
    for (;;) {
      const line = await this.#nextLine();
      if (line.done === true) throw new Error(`The oracle has ended. ${this.#complaints}`);
      // The oracle writes JSON objects with the ids it was given.
      const answer = JSON.parse(line.value) as JsonObject & { readonly id: string };
      if (answer.id === lastId) return answers;
      answers.set(answer.id, answer);
    }
  }

  /** A case that keeps it busy for longer ends it, and with it the run. */
  async #nextLine(): Promise<IteratorResult<string>> {
    const timer = setTimeout(() => {
      this.#complaints += ` A case took longer than ${silenceMs / 1000} s.`;
      this.#process.kill('SIGKILL');
    }, silenceMs);
    try {
      return await this.#answers.next();
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#lines.close();
    this.#process.stdin.end();
    this.#process.kill();
  }
}

/** What was expected, as text that two answers can be compared by. */
export function expectationText(answer: JsonObject | undefined): string {
  const expect: Json = answer?.['expect'] ?? null;
  return JSON.stringify(expect);
}
