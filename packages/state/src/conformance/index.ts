/** Suites that every state engine and every state backend passes, for those who write one. */
export { describeEngineConformance } from './engine-conformance.ts';
export type { EngineConformanceOptions, EnginePlace } from './engine-steps.ts';
export type { Expectation, TestTools } from './test-tools.ts';
