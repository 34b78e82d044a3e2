/** The result file, one fault a line: a run that was stopped goes on where it was. And the faults that change nothing, with the reason. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { type Fault, keyOf } from './faults.ts';

export type FaultState = 'noticed' | 'unnoticed' | 'unreached' | 'equivalent';

export interface Result {
  readonly key: string;
  readonly state: FaultState;
  readonly place: string;
  readonly fault: string;
  readonly text: string;
  readonly original: string;
  readonly replacement: string;
  /** The case or test files that noticed, and how. */
  readonly by: string | undefined;
}

export function resultOf(fault: Fault, state: FaultState, by: string | undefined): Result {
  const { original, replacement, text } = fault;
  return { key: keyOf(fault), state, place: `${fault.source}:${fault.line}`, fault: fault.fault, text, original, replacement, by };
}

export function readResults(path: string): ReadonlyMap<string, Result> {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  // Written by `writeResult`; a later line about the same fault holds.
  return new Map(lines.map((line) => JSON.parse(line) as Result).map((result) => [result.key, result]));
}

export function writeResult(path: string, result: Result): void {
  appendFileSync(path, `${JSON.stringify(result)}\n`);
}

/** A fault that no test can notice, by its key, with why. */
export interface Equivalent {
  readonly source: string;
  readonly text: string;
  readonly fault: string;
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
}

export function readEquivalents(path: string): ReadonlySet<string> {
  if (!existsSync(path)) return new Set();
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const listed = lines.map((line) => JSON.parse(line) as Equivalent);
  return new Set(
    listed.map(({ fault, original, replacement, source, text }) => JSON.stringify([source, text, fault, original, replacement])),
  );
}
