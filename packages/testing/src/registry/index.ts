/** `@millrace/testing/registry`: a schema registry for tests, in memory or over HTTP, alone or together with an embedded Kafka. */
export { MemorySchemaRegistry } from './memory-schema-registry.ts';
export type { CompatibilityLevel, MemorySchemaRegistryOptions } from './memory-schema-registry.ts';
export { RegistryServer } from './registry-server.ts';
export { startKafkaWithRegistry } from './kafka-with-registry.ts';
export type { KafkaWithRegistry } from './kafka-with-registry.ts';
