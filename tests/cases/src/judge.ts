/** Runs cases and judges them. */
import type { StateBackend } from '@millrace/state';
import type { Case } from './case.ts';
import { compare, type Difference } from './compare.ts';
import { CaseFormatError } from './json.ts';
import { runCase } from './run-case.ts';

/** `difference`: something came out differently. `broken`: the case, or the runner, failed by itself. */
type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'difference'; readonly differences: readonly Difference[] }
  | { readonly kind: 'broken'; readonly reason: string };

export interface Judgement {
  readonly id: string;
  readonly about: string | undefined;
  readonly accident: boolean;
  readonly verdict: Verdict;
}

/** `state`: the engine to run on; undefined runs in memory. */
export async function judge(testCase: Case, state: StateBackend | undefined): Promise<Judgement> {
  const { id, about, accident } = testCase;
  return { id, about, accident, verdict: await verdictOn(testCase, state) };
}

async function verdictOn(testCase: Case, state: StateBackend | undefined): Promise<Verdict> {
  try {
    const differences = compare(testCase.expect, await runCase(testCase, state));
    return differences.length === 0 ? { kind: 'passed' } : { kind: 'difference', differences };
  } catch (error) {
    if (error instanceof CaseFormatError) return { kind: 'broken', reason: error.message };
    return { kind: 'broken', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
