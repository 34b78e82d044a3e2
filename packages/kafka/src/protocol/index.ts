/** The protocol without connections: messages, headers, frames, record batches. For Millrace's own client and for servers that speak Kafka. */
export {
  compressionCodec,
  type CompressionCodec,
  type CompressionName,
  compressionName,
  compressionNames,
  prepareCompression,
} from './compression/codec.ts';
export { type BrokerError, type BrokerErrorName, brokerErrorByCode, brokerErrorCodes, type StaleKnowledge } from './errors.ts';
export { type AbortedTransaction } from './records/aborted-transactions.ts';
export { type BatchStamp, RecordBatchBuilder } from './records/batch-builder.ts';
export { type BatchHeader, batchHeaderBytes, checkBatch, placeBatch, readBatchHeader, stampAppendTime } from './records/batch-header.ts';
export { crc32c } from './records/crc32c.ts';
export { type DecodedRecords, decodeRecords, type DecodeRecordsOptions } from './records/decode-records.ts';
export { apiByKey, apis } from './apis.ts';
export { decodeRequest, decodeResponse, decodeStruct, encodeRequest, encodeResponse, encodeStruct, isFlexible } from './message.ts';
export { type ProtocolErrorCode, ProtocolError, protocolErrorCodes } from './protocol-error.ts';
export type {
  ApiDescription,
  Decoded,
  Encodable,
  RequestInputOf,
  RequestOf,
  ResponseInputOf,
  ResponseOf,
  StructDescription,
} from './schema.ts';
export {
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  peekRequestHeader,
  requestHeaderVersion,
  responseHeaderVersion,
  type RequestHeader,
  type RequestPrefix,
} from './header.ts';
export { FrameReader, joinFrame } from './frame.ts';
export {
  consumerAssignmentStruct,
  consumerSubscriptionStruct,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type ConsumerAssignment,
  type ConsumerSubscription,
} from './subscription.ts';
export { decodeApiVersionsResponse } from './api-versions-response.ts';
export { addOffsetsToTxnApi } from './messages/add-offsets-to-txn.ts';
export { addPartitionsToTxnApi } from './messages/add-partitions-to-txn.ts';
export { alterConfigsApi } from './messages/alter-configs.ts';
export { apiVersionsApi } from './messages/api-versions.ts';
export { consumerGroupDescribeApi } from './messages/consumer-group-describe.ts';
export { consumerGroupHeartbeatApi } from './messages/consumer-group-heartbeat.ts';
export { createPartitionsApi } from './messages/create-partitions.ts';
export { createTopicsApi } from './messages/create-topics.ts';
export { deleteGroupsApi } from './messages/delete-groups.ts';
export { deleteRecordsApi } from './messages/delete-records.ts';
export { deleteTopicsApi } from './messages/delete-topics.ts';
export { describeClusterApi } from './messages/describe-cluster.ts';
export { describeConfigsApi } from './messages/describe-configs.ts';
export { describeGroupsApi } from './messages/describe-groups.ts';
export { describeProducersApi } from './messages/describe-producers.ts';
export { describeTopicPartitionsApi } from './messages/describe-topic-partitions.ts';
export { describeTransactionsApi } from './messages/describe-transactions.ts';
export { endTxnApi } from './messages/end-txn.ts';
export { fetchApi } from './messages/fetch.ts';
export { findCoordinatorApi } from './messages/find-coordinator.ts';
export { getTelemetrySubscriptionsApi } from './messages/get-telemetry-subscriptions.ts';
export { heartbeatApi } from './messages/heartbeat.ts';
export { incrementalAlterConfigsApi } from './messages/incremental-alter-configs.ts';
export { initProducerIdApi } from './messages/init-producer-id.ts';
export { joinGroupApi } from './messages/join-group.ts';
export { leaveGroupApi } from './messages/leave-group.ts';
export { listGroupsApi } from './messages/list-groups.ts';
export { listOffsetsApi } from './messages/list-offsets.ts';
export { listPartitionReassignmentsApi } from './messages/list-partition-reassignments.ts';
export { listTransactionsApi } from './messages/list-transactions.ts';
export { metadataApi } from './messages/metadata.ts';
export { offsetCommitApi } from './messages/offset-commit.ts';
export { offsetDeleteApi } from './messages/offset-delete.ts';
export { offsetFetchApi } from './messages/offset-fetch.ts';
export { offsetForLeaderEpochApi } from './messages/offset-for-leader-epoch.ts';
export { produceApi } from './messages/produce.ts';
export { saslAuthenticateApi } from './messages/sasl-authenticate.ts';
export { saslHandshakeApi } from './messages/sasl-handshake.ts';
export { syncGroupApi } from './messages/sync-group.ts';
export { txnOffsetCommitApi } from './messages/txn-offset-commit.ts';
