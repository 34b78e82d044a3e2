/** `millrace`: everything that an application needs, in one import. Tests import `@millrace/testing` beside it. */

// Building a topology.
export {
  ByteWriter,
  Change,
  ClientError,
  errorCodes,
  Headers,
  MetricsRegistry,
  parseDuration,
  serdes,
  silentLogger,
  StreamRecord,
  StreamsBuilder,
  StreamsError,
  timestampExtractors,
  TopologyError,
} from '@millrace/core';
export type {
  Action,
  Aggregator,
  Branch,
  BranchResult,
  BranchResults,
  Cancellable,
  Clock,
  Consumed,
  Counter,
  CustomSerde,
  DefaultBranch,
  Duration,
  ErrorCode,
  ErrorDetails,
  FailureKind,
  FixedKeyProcessor,
  FixedKeyProcessorContext,
  FixedKeyProcessorFactory,
  FixedKeyRecord,
  Grouped,
  Guard,
  Header,
  Initializer,
  KeyValue,
  KeyValuePair,
  KeyValueStore,
  KeyValueStoreSpec,
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  LogFields,
  Logger,
  Mapper,
  Metrics,
  MetricSample,
  MetricTags,
  NamedBranches,
  NamedBranchResults,
  NodeOptions,
  OffsetReset,
  Persistence,
  Predicate,
  Printed,
  ProcessingContext,
  Processor,
  ProcessorContext,
  ProcessorFactory,
  ProcessOptions,
  Produced,
  PunctuationType,
  ReadOnlyKeyValueStore,
  RecordInit,
  RecordMetadata,
  Reducer,
  Repartitioned,
  Serde,
  Serdes,
  SerdeTarget,
  Serialized,
  SourceRecord,
  StateStoreOptions,
  StoreIterator,
  StoreOption,
  StoreOptions,
  StoreSpec,
  StreamPartitioner,
  StreamsBuilderOptions,
  TableAggregator,
  TableOptions,
  TableReducer,
  Timer,
  TimestampedKeyValueStore,
  TimestampExtractor,
  TopicExtractor,
  Topology,
  ValueAndTimestamp,
} from '@millrace/core';

// Running it.
export { KafkaStreams } from '@millrace/core/runtime';
export type {
  ClientState,
  CloseOptions,
  KafkaStreamsOptions,
  LocalKeyValueStore,
  RestoreEvent,
  RestoreListener,
  SignalSource,
  StateListener,
  TaskMetadata,
  TaskPhase,
  UncaughtDecision,
  UncaughtHandler,
} from '@millrace/core/runtime';

// Reaching Kafka: connections through kafkajs. `platformatic` is in '@millrace/kafka/platformatic', since its package is not installed with this one.
export { kafka } from '@millrace/kafka';
export type { ClientOptions, KafkaOptions, SaslOptions } from '@millrace/kafka';
export { kafkajs } from '@millrace/kafka/kafkajs';
export { systemClock, topicPartition } from '@millrace/core/kafka';
export type { ClientFactory, CommittedOffset, PartitionReader, RecordProducer, StreamsClient, TopicPartition } from '@millrace/core/kafka';

// Keeping state.
export { memory } from '@millrace/state/memory';
export { rocksdb } from '@millrace/state/rocksdb';
export { leveldb } from '@millrace/state/leveldb';
export { persistent } from '@millrace/state/persistent';
export { StateError, stateErrorCodes } from '@millrace/state';
export type { StateBackend, StateErrorCode } from '@millrace/state';
