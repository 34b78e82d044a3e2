/** What a conformance suite needs of a test runner. vitest, jest and node:test with an `expect` fit. */

export interface Expectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
}

export interface TestTools {
  readonly describe: (name: string, body: () => void) => void;
  readonly it: (name: string, body: () => void | Promise<void>) => void;
  readonly expect: (actual: unknown) => Expectation;
}
