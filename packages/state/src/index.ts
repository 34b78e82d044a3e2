export type { EngineBatch, EngineIterator, EngineRange, MaybePromise, StateEngine } from './engine.ts';
export type { BackendRequest, StateBackend, StateDirectory, StoredTask, TaskState } from './backend.ts';
export { StateError, stateErrorCodes } from './errors.ts';
export type { StateErrorCode } from './errors.ts';
