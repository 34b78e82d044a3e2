/** `@millrace/core`: builds topologies, and names the types of everything that a user writes for them. */
export { StreamsBuilder } from './dsl/streams-builder.ts';
export type { StreamsBuilderOptions } from './dsl/streams-builder.ts';
export type { ForeignKeyJoinOptions } from './dsl/foreign-key-join.ts';
export type { CogroupAggregator, CogroupedKStream } from './dsl/cogrouped-kstream.ts';
export type { GlobalKTable } from './dsl/global-ktable.ts';
export type { KGroupedStream, WindowedByOptions } from './dsl/kgrouped-stream.ts';
export type { KGroupedTable } from './dsl/kgrouped-table.ts';
export type { KStream } from './dsl/kstream.ts';
export type { KTable } from './dsl/ktable.ts';
export type { Consumed, Grouped, NodeOptions, Printed, ProcessOptions, Produced, Repartitioned } from './dsl/options.ts';
export type { SessionWindowedKStream } from './dsl/session-windowed-kstream.ts';
export type { Branch, BranchResult, BranchResults, DefaultBranch, NamedBranches, NamedBranchResults } from './dsl/split.ts';
export type { FixedKeyProcessorSupplier, ProcessorSupplier, ValueTransformerSupplier, WithStores } from './dsl/processor-supplier.ts';
export type { ProcessorWrapper, WrappableProcessor } from './dsl/processor-wrapper.ts';
export type {
  ConnectedStore,
  CopyStoreOptions,
  KeyValueStateStoreOptions,
  SessionStateStoreOptions,
  StateStoreOptions,
  VersionedStateStoreOptions,
  WindowStateStoreOptions,
} from './dsl/state-store.ts';
export type { StreamJoined, StreamJoinStoreOptions, SuppliedJoinStore } from './dsl/stream-join-options.ts';
export type { Joined } from './dsl/stream-table-join.ts';
export type { StoreOption, StoreOptions, TableOptions, TransformValuesOptions } from './dsl/store-options.ts';
export type { TimeWindowedKStream } from './dsl/time-windowed-kstream.ts';
export type { SuppressOptions, UntilTimeLimit, UntilWindowCloses } from './dsl/suppress.ts';
export { TopologyBuilder } from './dsl/topology-builder.ts';
export type { CopySourceOptions, ProcessorNodeOptions, SinkOptions, SourceOptions } from './dsl/topology-builder.ts';
export type { TopologyOptions } from './dsl/topology-options.ts';
export type { SessionWindowedCogroupedKStream, TimeWindowedCogroupedKStream } from './dsl/windowed-cogrouped-kstream.ts';
export type { WindowedStoreOption, WindowedStoreOptions, WindowedTableOptions } from './dsl/windowed-store-options.ts';
export type {
  DeserializationHandler,
  ErrorContext,
  ErrorHandlers,
  HandlerAnswer,
  HandlerDecision,
  ProcessingHandler,
  ProductionDecision,
  ProductionErrorContext,
  ProductionHandler,
} from './engine/contract.ts';
export { deadLetter, deadLetterHeaders } from './engine/dead-letter.ts';
export type { DeadLetter, DeadLetterSource } from './engine/dead-letter.ts';
export { ClientError, errorCodes, StreamsError, TopologyError } from './errors.ts';
export type { ErrorCode, ErrorDetails, ErrorOptions, FailureKind } from './errors.ts';
export { Headers } from './headers.ts';
export type { Header } from './headers.ts';
export { consoleLogger, silentLogger } from './log.ts';
export type { LogFields, Logger } from './log.ts';
export { MetricsRegistry } from './metrics.ts';
export type { Counter, Metrics, MetricSample, MetricTags } from './metrics.ts';
export type { EmitStrategy } from './operators/emit-strategy.ts';
export type { Action, Aggregator, Guard, Initializer, KeyValuePair, Mapper, Predicate, Reducer } from './operators/functions.ts';
export type { TableAggregator } from './operators/table-aggregate.ts';
export type { TableReducer } from './operators/table-reduce.ts';
export type { Merger, WindowReducer } from './operators/windowed-aggregation.ts';
export { Change } from './processor/change.ts';
export type {
  FixedKeyProcessor,
  FixedKeyProcessorContext,
  FixedKeyProcessorFactory,
  FixedKeyRecord,
} from './processor/fixed-key-processor.ts';
export type {
  Cancellable,
  ProcessingContext,
  Processor,
  ProcessorContext,
  ProcessorFactory,
  PunctuationType,
  Punctuator,
  ScheduleOptions,
  SourceRecord,
  StreamPartitioner,
  TimestampExtractor,
  TopicExtractor,
} from './processor/processor.ts';
export type { Ignored } from './processor/synchronous.ts';
export { timestampExtractors } from './processor/timestamp-extractors.ts';
export type { ValueTransformer, ValueTransformerFactory } from './processor/value-transformer.ts';
export { StreamRecord } from './record.ts';
export type { RecordInit, RecordMetadata } from './record.ts';
export type { ClientState, StateListener } from './runtime/client-state.ts';
export type { RebuildReason, RestoreEvent, RestoreListener, TaskMetadata, TaskPhase } from './runtime/events.ts';
export { KafkaStreams } from './runtime/kafka-streams.ts';
export type { CloseOptions } from './runtime/kafka-streams.ts';
export type { LocalKeyValueStore } from './runtime/local-store.ts';
export type { KafkaStreamsOptions, SignalSource, UncaughtDecision, UncaughtHandler, UnstableOptions } from './runtime/options.ts';
export { ByteWriter } from './serde/byte-writer.ts';
export type { CustomSerde } from './serde/custom-serde.ts';
export type { JsonSerde } from './serde/json-serde.ts';
export type { Serde, SerdeOpening, SerdeTarget, Serialized } from './serde/serde.ts';
export { serdes } from './serde/serdes.ts';
export type { Serdes } from './serde/serdes.ts';
export type { TimeWindowedSerdeOptions } from './serde/windowed-serdes.ts';
export type {
  KeyValue,
  KeyValueStore,
  ReadOnlyKeyValueStore,
  StoreIterator,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
} from './stores/faces.ts';
export type { KeyValueStoreSpec, Persistence, StoreFormat, StoreSpec } from './stores/store-spec.ts';
export type { VersionedRecord, VersionedStore } from './stores/versioned-faces.ts';
export type { ReadOnlySessionStore, SessionStore } from './stores/session-faces.ts';
export type { ReadOnlyWindowStore, TimestampedWindowStore, ValueAndHeaders, WindowStore, WindowValue } from './stores/window-faces.ts';
export { parseDuration } from './time.ts';
export type { Clock, Duration, Timer } from './time.ts';
export type { Optimization, Optimize } from './topology/optimizations.ts';
export type { OffsetReset } from './topology/plan.ts';
export type {
  InternalTopicDescription,
  NodeDescription,
  StoreDescription,
  SubtopologyDescription,
  TopicDescription,
  TopologyDescription,
} from './topology/describe-json.ts';
export type { DescribeFormat, Topology } from './topology/topology.ts';
export type { TopologyChange, TopologyChangeKind, UpgradeImpact } from './topology/diff/change.ts';
export { diffTopologies } from './topology/diff/diff-topologies.ts';
export type { TopologyDiff, UpgradeVerdict } from './topology/diff/diff-topologies.ts';
export { joinWindows } from './windows/join-windows.ts';
export type { JoinWindows, JoinWindowsOptions } from './windows/join-windows.ts';
export { sessionWindows } from './windows/session-windows.ts';
export type { SessionWindows, SessionWindowsOptions } from './windows/session-windows.ts';
export { slidingWindows } from './windows/sliding-windows.ts';
export type { SlidingWindows, SlidingWindowsOptions } from './windows/sliding-windows.ts';
export { timeWindows } from './windows/time-windows.ts';
export type { TimeWindows, TimeWindowsOptions } from './windows/time-windows.ts';
export { unlimitedWindows } from './windows/unlimited-windows.ts';
export type { UnlimitedWindows, UnlimitedWindowsOptions } from './windows/unlimited-windows.ts';
export { Windowed } from './windows/windowed.ts';
export type { Window } from './windows/windowed.ts';
