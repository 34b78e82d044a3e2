/** A Kafka cluster inside the process, speaking the real wire protocol. */
export { type CompactOptions, EmbeddedKafka, type EmbeddedKafkaOptions, type ListenOptions, type TopicOptions } from './embedded-kafka.ts';
export type { ClusterOptions } from './cluster/cluster-settings.ts';
export { EmbeddedKafkaError, embeddedKafkaErrorCodes, type EmbeddedKafkaErrorCode } from './errors.ts';
export type { Interception, Interceptor } from './front/interceptors.ts';
export type { StoredRecord } from './log/stored-records.ts';
export { type Random, seededRandom } from './random.ts';
export type { RequestOrigin } from './requests/request-handler.ts';
export { VirtualClock } from './virtual-clock.ts';
