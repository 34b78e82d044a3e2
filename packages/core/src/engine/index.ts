/** `@millrace/core/engine`: the task for drivers (test driver, simulator). Unstable: it changes with the engine. */
export type {
  ChangelogState,
  CommitRequest,
  DeserializationHandler,
  ErrorContext,
  ErrorHandlers,
  HandlerDecision,
  ProcessingHandler,
  ProductionHandler,
  Task,
  TaskInit,
  TaskSettings,
} from './contract.ts';
