/** `@millrace/core/runtime`: running a topology on Kafka. What users need of it is exported by `@millrace/core` too. */
export { KafkaStreams } from './kafka-streams.ts';
export type { CloseOptions } from './kafka-streams.ts';
export type { KafkaStreamsOptions, UncaughtDecision, UncaughtHandler, CommitStep, SignalSource, UnstableOptions } from './options.ts';
export type { ClientState, StateListener } from './client-state.ts';
export type { RebuildReason, RestoreEvent, RestoreListener, TaskMetadata, TaskPhase } from './events.ts';
export type { LocalKeyValueStore } from './local-store.ts';
// For the test driver, which computes tasks and partition counts as the runtime does.
export { ApplicationTopics } from './application-topics.ts';
export type { SubtopologyTopics } from './application-topics.ts';
export { openSerdes, serdeUses } from './serde-openings.ts';
export type { SerdeUse, SerdeUsesInit } from './serde-openings.ts';
export { computePartitionCounts } from './partition-counts.ts';
export type { PartitionCounts } from './partition-counts.ts';
