/** A Kafka cluster inside the process, speaking the real wire protocol. */
export { EmbeddedKafkaError, embeddedKafkaErrorCodes, type EmbeddedKafkaErrorCode } from './errors.ts';
export { type Random, seededRandom } from './random.ts';
export { VirtualClock } from './virtual-clock.ts';
