/** `@millrace/kafka/kafkajs`: the client over connections that kafkajs opens as the user configured them. */
import { checkOptionNames, type ClientFactory } from '@millrace/core/kafka';
import type { Kafka, KafkaConfig } from 'kafkajs';
import { clientOptionNames, clientOver, type ClientOptions } from './client/streams-client.ts';
import { kafkajsWire } from './wire/kafkajs/kafkajs-wire.ts';

export { kafkajsWire };

/**
 * A client over an existing kafkajs configuration or instance: TLS, SASL, `socketFactory` and logging stay as they are there.
 * @param configOrInstance what `new Kafka(...)` takes, or what it gave
 */
export function kafkajs(configOrInstance: KafkaConfig | Kafka, options: ClientOptions = {}): ClientFactory {
  checkOptionNames(options, Object.keys(clientOptionNames), 'kafkajs');
  return clientOver(kafkajsWire(configOrInstance), options);
}
