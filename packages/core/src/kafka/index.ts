/** `@millrace/core/kafka`: the port that a Kafka client implements, and the values it exchanges with the engine. */
export type {
  Acknowledged,
  ClientFactory,
  ClientFeatures,
  ClusterAdmin,
  CommittedOffset,
  GroupHandler,
  GroupMember,
  GroupMetadata,
  Isolation,
  MemberAssignment,
  MemberOptions,
  MemberView,
  Output,
  OutputPartition,
  PartitionProgress,
  PartitionReader,
  PollLimits,
  PollResult,
  ProduceFailure,
  ProducerOptions,
  ReaderOptions,
  ReadIssue,
  RecordProducer,
  RevokeContext,
  StreamsClient,
  TopicDescription,
  TopicSpec,
} from './port.ts';
export { FetchedRecords, positionsPerRecord } from './fetched-records.ts';
export type { RecordColumns } from './fetched-records.ts';
export { formatTopicPartition, topicPartition } from './topic-partition.ts';
export type { TopicPartition } from './topic-partition.ts';
export { murmur2, partitionForKey } from './murmur2.ts';
export { Headers } from '../headers.ts';
export type { Header } from '../headers.ts';
export { ClientError, StreamsError } from '../errors.ts';
export { checkOptionNames } from '../option-checks.ts';
export type { FailureKind } from '../errors.ts';
export { sleep, systemClock } from '../time.ts';
export type { Clock, Timer } from '../time.ts';
export { silentLogger } from '../log.ts';
export type { Logger } from '../log.ts';
