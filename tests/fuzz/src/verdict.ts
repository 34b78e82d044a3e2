/** What became of one generated case: judged as `npm run cases` judges, with what a generator has to tell apart besides. */
import { isDeepStrictEqual } from 'node:util';
import type { StateBackend } from '@millrace/state';
import { type Case, caseFromJson, type ExpectedError } from '#cases/case';
import type { Difference } from '#cases/compare';
import { isObject, type Json, type JsonObject } from '#cases/json';
import { type Judgement, judge } from '#cases/judge';
import { expectationText, type Oracle } from './oracle.ts';
import { plainText } from './plain-text.ts';

/**
 * `accident`: Java fails by itself here, which nothing promises. `tie`: the answer rests on which of two equal timestamps is taken first. `malformed`: the oracle cannot read the
 * case, a mistake of the generator. `mistakes`: both refuse to build the topology, each for another mistake in it; which is told first nobody promises.
 */
export type Outcome =
  | { readonly kind: 'passed' | 'accident' | 'tie' | 'malformed' | 'mistakes' }
  | { readonly kind: 'difference'; readonly judgement: Judgement };

/** Failures of the Java code itself: where it ends in one of them, no case is made of it. */
const accidents: ReadonlySet<Json | undefined> = new Set([
  'ArithmeticException',
  'ArrayIndexOutOfBoundsException',
  'BufferUnderflowException',
  'ClassCastException',
  'ConcurrentModificationException',
  'IndexOutOfBoundsException',
  'NegativeArraySizeException',
  'NoSuchElementException',
  'NullPointerException',
  'OutOfMemoryError',
  'StackOverflowError',
  'UnsupportedOperationException',
]);

/** `answer`: the case with the oracle's expectation; undefined where it was refused. */
export async function outcomeOf(answer: JsonObject | undefined, state: StateBackend | undefined): Promise<Outcome> {
  if (answer === undefined) return { kind: 'malformed' };
  const testCase = caseFromJson(answer);
  const judgement = seen(testCase, await judge(testCase, state));
  switch (judgement.verdict.kind) {
    case 'passed':
      return { kind: 'passed' };
    case 'broken':
    case 'difference':
      if (bothRefuse(judgement)) return { kind: 'mistakes' };
      return isAccident(answer) ? { kind: 'accident' } : { kind: 'difference', judgement };
  }
}

/** The oracle cannot show sessions on disk that are kept with headers: what it does not list there is not compared. */
function seen({ config }: Case, judgement: Judgement): Judgement {
  const { verdict } = judgement;
  if (config['storeFormat'] !== 'headers' || verdict.kind !== 'difference') return judgement;
  const differences = verdict.differences.filter((difference) => difference.part !== 'stores' || !isMoreOnly(difference));
  return { ...judgement, verdict: differences.length === 0 ? { kind: 'passed' } : { kind: 'difference', differences } };
}

function isMoreOnly({ actual, expected }: Difference): boolean {
  const [wanted, got] = [fieldsOf(expected), fieldsOf(actual)];
  return Object.keys(wanted).every((name) => isDeepStrictEqual(wanted[name], got[name]));
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function bothRefuse({ verdict }: Judgement): boolean {
  if (verdict.kind !== 'difference') return false;
  const [difference, ...others] = verdict.differences;
  if (difference?.part !== 'error' || others.length > 0) return false;
  return [difference.expected, difference.actual].every((error) => isError(error) && error.phase === 'build');
}

function isAccident({ expect }: JsonObject): boolean {
  if (!isObject(expect) || !isObject(expect['error'])) return false;
  const { cause, class: thrown, message } = expect['error'];
  // A cached session store on RocksDB fails so for records earlier than a gap of a minute or more.
  if (message === 'Error iterating over segments: segment interval has changed') return true;
  return accidents.has(thrown) || accidents.has(cause);
}

/** What makes two differences the same one, roughly: shrinking must not walk from one to another. */
export function signatureOf({ verdict }: Judgement): string {
  if (verdict.kind === 'broken') return `broken: ${verdict.reason.split('\n')[0]?.replaceAll(/[0-9]+/g, '#') ?? ''}`;
  if (verdict.kind !== 'difference') return verdict.kind;
  return verdict.differences.map((difference) => (difference.part === 'error' ? errorSignature(difference) : difference.part)).join(',');
}

/** With errors it counts which one was expected, and which one came. */
function errorSignature({ actual, expected }: Difference): string {
  return `error ${[expected, actual].map((error) => (isError(error) ? `${error.phase} ${error.class}` : 'none')).join(' not ')}`;
}

function isError(error: unknown): error is ExpectedError {
  return typeof error === 'object' && error !== null && 'class' in error && 'phase' in error;
}

/** The oracles that choose among equal timestamps by the names of topics, in either order. */
export interface TieOracles {
  readonly ascending: Oracle;
  readonly descending: Oracle;
}

/** Whether the answer changes with the choice among equal timestamps. Millrace may choose as it likes, so nothing can be compared then. */
export async function restsOnTies(answer: JsonObject, { ascending, descending }: TieOracles): Promise<boolean> {
  // Only what the oracle is asked of is looked at: a case without an id is none.
  const id = plainText(answer['id']);
  const [up, down] = await Promise.all([ascending.ask([answer]), descending.ask([answer])]);
  const plain = expectationText(answer);
  return expectationText(up.get(id)) !== plain || expectationText(down.get(id)) !== plain;
}
