/** An embedded Kafka and a schema registry, started together. */
import type { EmbeddedKafka, EmbeddedKafkaOptions } from '@millrace/embedded-kafka';
import { MemorySchemaRegistry, type MemorySchemaRegistryOptions } from './memory-schema-registry.ts';
import { RegistryServer } from './registry-server.ts';

export interface KafkaWithRegistry {
  readonly kafka: EmbeddedKafka;
  readonly registry: MemorySchemaRegistry;
  /** Where the registry answers clients of other languages. */
  readonly registryUrl: string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The package `@millrace/embedded-kafka` must be installed. */
export async function startKafkaWithRegistry(
  options: { readonly kafka?: EmbeddedKafkaOptions | undefined; readonly registry?: MemorySchemaRegistryOptions | undefined } = {},
): Promise<KafkaWithRegistry> {
  const embedded = await import('@millrace/embedded-kafka');
  const registry = new MemorySchemaRegistry(options.registry);
  const server = await RegistryServer.start(registry);
  let kafka: EmbeddedKafka;
  try {
    kafka = await embedded.EmbeddedKafka.start(options.kafka);
  } catch (error) {
    await server.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    await kafka.close();
    await server.close();
  };
  return { kafka, registry, registryUrl: server.url, close, [Symbol.asyncDispose]: close };
}
