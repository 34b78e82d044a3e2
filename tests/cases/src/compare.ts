/** Compares what came out with what should have, part by part, so that one wrong name does not hide right results. */
import { isDeepStrictEqual } from 'node:util';
import type { Expectation, ExpectedError } from './case.ts';
import type { Json } from './json.ts';

const parts = ['error', 'steps', 'stores', 'dropped', 'describe'] as const;

export type Part = (typeof parts)[number];

export interface Difference {
  readonly part: Part;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Nothing where all parts agree. The text of an error is for people and not compared. */
export function compare(expected: Expectation, actual: Expectation): readonly Difference[] {
  const differences: Difference[] = [];
  for (const part of parts) {
    if (!isDeepStrictEqual(plain(comparable(expected, part)), plain(comparable(actual, part))))
      differences.push({ part, expected: expected[part], actual: actual[part] });
  }
  return differences;
}

/** The part without what is not compared. */
function comparable(expectation: Expectation, part: Part): unknown {
  return part === 'error' ? errorOf(expectation.error) : expectation[part];
}

function errorOf(error: ExpectedError | undefined): ExpectedError | undefined {
  return error === undefined ? undefined : { phase: error.phase, step: error.step, class: error.class };
}

/** Field order has no meaning, and an absent field is as good as an undefined one: JSON takes care of the latter. */
function plain(value: unknown): Json | undefined {
  // The result of a round trip through JSON is JSON.
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as Json);
}
