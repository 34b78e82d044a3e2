/** `@millrace/core/engine`: the task for drivers (test driver, simulator). Unstable: it changes with the engine. */
export type {
  ChangelogState,
  CommitRequest,
  DeserializationHandler,
  ErrorContext,
  ErrorHandlers,
  HandlerAnswer,
  HandlerDecision,
  ProcessingHandler,
  ProductionDecision,
  ProductionErrorContext,
  ProductionHandler,
  Task,
  TaskInit,
  TaskSettings,
} from './contract.ts';
export type { DeadLetter } from './dead-letter.ts';
export { appendDeadLetter } from './dead-letter-sender.ts';
export { checkHandlers } from './error-policy.ts';
export {
  checkedElsewhere,
  checkOptionNames,
  checkOptions,
  isFlag,
  isSerde,
  isText,
  oneOf,
  type OptionCheck,
  type OptionChecks,
} from '../option-checks.ts';
export { CacheBudget } from '../stores/record-cache.ts';
export { createGlobalTask, globalTaskId } from './global-task.ts';
export type { GlobalTask, GlobalTaskInit } from './global-task.ts';
export { notARecord } from './node.ts';
export { parseSchedule } from './punctuation.ts';
export { createTask } from './task.ts';
export { openUnitStores } from './unit-stores.ts';
export type { UnitStores, UnitStoresInit } from './unit-stores.ts';
export { decodeOffsetMetadata, encodeOffsetMetadata } from './offset-metadata.ts';
export type { OffsetMetadata } from './offset-metadata.ts';
export { topicName } from '../topology/plan.ts';
export type {
  GlobalStorePlan,
  InternalTopicPlan,
  NodePlan,
  SourcePlan,
  StorePlan,
  SubtopologyPlan,
  TopicRef,
  TopologyPlan,
  TopologySettings,
} from '../topology/plan.ts';
