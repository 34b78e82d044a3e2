export { memory } from './memory-backend.ts';
export type { MemoryOptions } from './memory-backend.ts';
export { MemoryEngine } from './memory-engine.ts';
export type { MemoryEngineOptions } from './memory-engine.ts';
