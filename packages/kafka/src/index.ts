/** A Kafka client for stream processing. `kafka({ brokers })` is the ordinary way in. */
export { kafka, type KafkaOptions, type SaslOptions } from './client/kafka.ts';
export { clientOver, type ClientOptions } from './client/streams-client.ts';
