/** `@millrace/core/runtime`: what a topology needs on a cluster, computed without one. Unstable: for drivers. */
export { ApplicationTopics } from './application-topics.ts';
export type { SubtopologyTopics } from './application-topics.ts';
export { computePartitionCounts } from './partition-counts.ts';
export type { PartitionCounts } from './partition-counts.ts';
