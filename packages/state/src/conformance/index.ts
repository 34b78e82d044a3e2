/** Suites that every state engine and every state backend passes, for those who write one. */
export { describeBackendConformance } from './backend-conformance.ts';
export type { BackendConformanceOptions, BackendPlace } from './backend-conformance.ts';
export { describeEngineConformance } from './engine-conformance.ts';
export type { EngineConformanceOptions, EnginePlace } from './engine-steps.ts';
export type { Expectation, TestTools } from './test-tools.ts';
