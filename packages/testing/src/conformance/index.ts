/** `@millrace/testing/conformance`: suites for those who write a serde of their own. Those for state engines are in `@millrace/state/conformance`. */
export { describeSerdeConformance } from './serde-conformance.ts';
export type { SerdeConformanceOptions } from './serde-conformance.ts';
export type { Expectation, TestTools } from './test-tools.ts';
