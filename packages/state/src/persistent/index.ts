/** State on the best engine at hand. */
export { persistent } from './persistent.ts';
export type { PersistentOptions } from './persistent.ts';
export type { DirectoryOptions } from '../directory/disk-backend.ts';
export type { DurableEngine, OpenEngineOptions } from '../directory/durable-engine.ts';
