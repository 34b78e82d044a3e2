/** Generates, asks, compares, shrinks: the fuzzer without its command line. */
import type { StateBackend } from '@millrace/state';
import type { JsonObject } from '#cases/json';
import { showJudgement } from '#cases/report';
import { Coverage } from './coverage.ts';
import { generateCase } from './generator/generate.ts';
import { Oracle } from './oracle.ts';
import type { FuzzOptions } from './options.ts';
import { shrink } from './shrink.ts';
import { type Outcome, outcomeOf, restsOnTies, signatureOf, type TieOracles } from './verdict.ts';
import { plainText } from './plain-text.ts';

/** A difference, as small as it got: the case with the oracle's answer, and what is different. */
export interface Finding {
  /** The generated case that it comes from. */
  readonly id: string;
  readonly minimal: JsonObject;
  readonly shown: string;
}

export interface Tally {
  readonly counts: Readonly<Record<Outcome['kind'], number>>;
  readonly malformed: readonly string[];
  readonly findings: readonly Finding[];
  /** Compared with the stores of the persistent kind. */
  readonly persistent: number;
  readonly coverage: Coverage;
}

export interface Progress {
  found(finding: Finding): void;
  done(cases: number, differences: number): void;
}

/** Asking in batches keeps the oracle busy while answers are compared. */
const batchSize = 40;

/** @throws Error: the oracle does not answer */
export async function fuzz(options: FuzzOptions, state: StateBackend | undefined, progress: Progress): Promise<Tally> {
  const oracle = new Oracle(options.oracle);
  const ties = options.ties ? new LazyTies(options.oracle) : undefined;
  const run = new Run(oracle, ties, state, progress);
  try {
    let asked = ask(options, oracle, 0);
    for (let from = 0; from < options.count; from += batchSize) {
      const { answers, cases } = await asked;
      // Shrinking asks the same oracle: it waits for its turn inside `ask`.
      asked = ask(options, oracle, from + batchSize);
      // What goes wrong is heard when it is awaited.
      asked.catch(() => {});
      for (const testCase of cases) await run.examine(testCase, answers.get(plainText(testCase['id'])));
      progress.done(Math.min(from + batchSize, options.count), run.findings.length);
    }
    await asked;
  } finally {
    oracle.close();
    ties?.close();
  }
  return run.tally();
}

async function ask(
  options: FuzzOptions,
  oracle: Oracle,
  from: number,
): Promise<{ readonly cases: readonly JsonObject[]; readonly answers: ReadonlyMap<string, JsonObject> }> {
  const count = Math.max(0, Math.min(batchSize, options.count - from));
  const cases = Array.from({ length: count }, (_, index) => generateCase(options, from + index));
  return { cases, answers: count === 0 ? new Map() : await oracle.ask(cases) };
}

/** Two more oracles, started when the first case needs them. */
class LazyTies {
  readonly #command: string;
  #oracles: TieOracles | undefined;

  constructor(command: string) {
    this.#command = command;
  }

  restOn(answer: JsonObject): Promise<boolean> {
    this.#oracles ??= {
      ascending: new Oracle(this.#command, ['--ties', 'asc']),
      descending: new Oracle(this.#command, ['--ties', 'desc']),
    };
    return restsOnTies(answer, this.#oracles);
  }

  close(): void {
    this.#oracles?.ascending.close();
    this.#oracles?.descending.close();
  }
}

class Run {
  readonly #oracle: Oracle;
  readonly #ties: LazyTies | undefined;
  readonly #state: StateBackend | undefined;
  readonly #progress: Progress;
  readonly #counts: Record<Outcome['kind'], number> = { passed: 0, accident: 0, tie: 0, malformed: 0, mistakes: 0, difference: 0 };
  readonly #malformed: string[] = [];
  readonly #coverage = new Coverage();
  readonly findings: Finding[] = [];
  #persistent = 0;

  constructor(oracle: Oracle, ties: LazyTies | undefined, state: StateBackend | undefined, progress: Progress) {
    this.#oracle = oracle;
    this.#ties = ties;
    this.#state = state;
    this.#progress = progress;
  }

  async examine(testCase: JsonObject, answer: JsonObject | undefined): Promise<void> {
    const outcome = await this.#outcomeOf(answer);
    this.#counts[outcome.kind]++;
    if (outcome.kind === 'malformed') this.#malformed.push(plainText(testCase['id']));
    if (outcome.kind === 'passed' || outcome.kind === 'difference') {
      this.#coverage.add(testCase);
      if (JSON.stringify(testCase['config']).includes('"store":"rocksdb"')) this.#persistent++;
    }
    if (outcome.kind !== 'difference' || answer === undefined) return;
    const finding = await this.#shrunk(answer, signatureOf(outcome.judgement));
    this.findings.push(finding);
    this.#progress.found(finding);
  }

  /** A difference that rests on equal timestamps is none. */
  async #outcomeOf(answer: JsonObject | undefined): Promise<Outcome> {
    const outcome = await outcomeOf(answer, this.#state);
    if (outcome.kind !== 'difference' || this.#ties === undefined || answer === undefined) return outcome;
    return (await this.#ties.restOn(answer)) ? { kind: 'tie' } : outcome;
  }

  async #shrunk(answer: JsonObject, signature: string): Promise<Finding> {
    const differs = async (other: JsonObject | undefined): Promise<boolean> => {
      const outcome = await outcomeOf(other, this.#state);
      return outcome.kind === 'difference' && signatureOf(outcome.judgement) === signature;
    };
    const smaller = await shrink(answer, async (candidates) => {
      const answers = await this.#oracle.ask(candidates);
      const found: boolean[] = [];
      for (const { id } of candidates) {
        found.push(await differs(answers.get(plainText(id))));
        if (found.at(-1) === true) break;
      }
      return found;
    });
    const id = plainText(answer['id']);
    const answered = smaller === answer ? answer : ((await this.#oracle.ask([{ ...smaller, id }])).get(id) ?? answer);
    // Shrinking may end in a case that rests on equal timestamps, which its start did not.
    const minimal = this.#ties !== undefined && (await this.#ties.restOn(answered)) ? answer : answered;
    const outcome = await outcomeOf(minimal, this.#state);
    return { id, minimal, shown: outcome.kind === 'difference' ? showJudgement(outcome.judgement) : outcome.kind };
  }

  tally(): Tally {
    return {
      counts: this.#counts,
      malformed: this.#malformed,
      findings: this.findings,
      persistent: this.#persistent,
      coverage: this.#coverage,
    };
  }
}
