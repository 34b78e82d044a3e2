/**
 * The error codes of brokers and what each means for a client. Codes, names and which of them may be tried again: Java's
 * `org.apache.kafka.common.protocol.Errors` of 4.3.
 */
import type { FailureKind } from '@millrace/core/kafka';

/** Codes by their Kafka name. */
export const brokerErrorCodes = {
  UNKNOWN_SERVER_ERROR: -1,
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  INVALID_FETCH_SIZE: 4,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  BROKER_NOT_AVAILABLE: 8,
  REPLICA_NOT_AVAILABLE: 9,
  MESSAGE_TOO_LARGE: 10,
  STALE_CONTROLLER_EPOCH: 11,
  OFFSET_METADATA_TOO_LARGE: 12,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC_EXCEPTION: 17,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  INVALID_REQUIRED_ACKS: 21,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  INVALID_GROUP_ID: 24,
  UNKNOWN_MEMBER_ID: 25,
  INVALID_SESSION_TIMEOUT: 26,
  REBALANCE_IN_PROGRESS: 27,
  INVALID_COMMIT_OFFSET_SIZE: 28,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  INVALID_TIMESTAMP: 32,
  UNSUPPORTED_SASL_MECHANISM: 33,
  ILLEGAL_SASL_STATE: 34,
  UNSUPPORTED_VERSION: 35,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_REPLICA_ASSIGNMENT: 39,
  INVALID_CONFIG: 40,
  NOT_CONTROLLER: 41,
  INVALID_REQUEST: 42,
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 43,
  POLICY_VIOLATION: 44,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  INVALID_PRODUCER_ID_MAPPING: 49,
  INVALID_TRANSACTION_TIMEOUT: 50,
  CONCURRENT_TRANSACTIONS: 51,
  TRANSACTION_COORDINATOR_FENCED: 52,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  SECURITY_DISABLED: 54,
  OPERATION_NOT_ATTEMPTED: 55,
  KAFKA_STORAGE_ERROR: 56,
  LOG_DIR_NOT_FOUND: 57,
  SASL_AUTHENTICATION_FAILED: 58,
  UNKNOWN_PRODUCER_ID: 59,
  REASSIGNMENT_IN_PROGRESS: 60,
  DELEGATION_TOKEN_AUTH_DISABLED: 61,
  DELEGATION_TOKEN_NOT_FOUND: 62,
  DELEGATION_TOKEN_OWNER_MISMATCH: 63,
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: 64,
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: 65,
  DELEGATION_TOKEN_EXPIRED: 66,
  INVALID_PRINCIPAL_TYPE: 67,
  NON_EMPTY_GROUP: 68,
  GROUP_ID_NOT_FOUND: 69,
  FETCH_SESSION_ID_NOT_FOUND: 70,
  INVALID_FETCH_SESSION_EPOCH: 71,
  LISTENER_NOT_FOUND: 72,
  TOPIC_DELETION_DISABLED: 73,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  UNSUPPORTED_COMPRESSION_TYPE: 76,
  STALE_BROKER_EPOCH: 77,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  PREFERRED_LEADER_NOT_AVAILABLE: 80,
  GROUP_MAX_SIZE_REACHED: 81,
  FENCED_INSTANCE_ID: 82,
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 83,
  ELECTION_NOT_NEEDED: 84,
  NO_REASSIGNMENT_IN_PROGRESS: 85,
  GROUP_SUBSCRIBED_TO_TOPIC: 86,
  INVALID_RECORD: 87,
  UNSTABLE_OFFSET_COMMIT: 88,
  THROTTLING_QUOTA_EXCEEDED: 89,
  PRODUCER_FENCED: 90,
  RESOURCE_NOT_FOUND: 91,
  DUPLICATE_RESOURCE: 92,
  UNACCEPTABLE_CREDENTIAL: 93,
  INCONSISTENT_VOTER_SET: 94,
  INVALID_UPDATE_VERSION: 95,
  FEATURE_UPDATE_FAILED: 96,
  PRINCIPAL_DESERIALIZATION_FAILURE: 97,
  SNAPSHOT_NOT_FOUND: 98,
  POSITION_OUT_OF_RANGE: 99,
  UNKNOWN_TOPIC_ID: 100,
  DUPLICATE_BROKER_REGISTRATION: 101,
  BROKER_ID_NOT_REGISTERED: 102,
  INCONSISTENT_TOPIC_ID: 103,
  INCONSISTENT_CLUSTER_ID: 104,
  TRANSACTIONAL_ID_NOT_FOUND: 105,
  FETCH_SESSION_TOPIC_ID_ERROR: 106,
  INELIGIBLE_REPLICA: 107,
  NEW_LEADER_ELECTED: 108,
  OFFSET_MOVED_TO_TIERED_STORAGE: 109,
  FENCED_MEMBER_EPOCH: 110,
  UNRELEASED_INSTANCE_ID: 111,
  UNSUPPORTED_ASSIGNOR: 112,
  STALE_MEMBER_EPOCH: 113,
  MISMATCHED_ENDPOINT_TYPE: 114,
  UNSUPPORTED_ENDPOINT_TYPE: 115,
  UNKNOWN_CONTROLLER_ID: 116,
  UNKNOWN_SUBSCRIPTION_ID: 117,
  TELEMETRY_TOO_LARGE: 118,
  INVALID_REGISTRATION: 119,
  TRANSACTION_ABORTABLE: 120,
  INVALID_RECORD_STATE: 121,
  SHARE_SESSION_NOT_FOUND: 122,
  INVALID_SHARE_SESSION_EPOCH: 123,
  FENCED_STATE_EPOCH: 124,
  INVALID_VOTER_KEY: 125,
  DUPLICATE_VOTER: 126,
  VOTER_NOT_FOUND: 127,
  INVALID_REGULAR_EXPRESSION: 128,
  REBOOTSTRAP_REQUIRED: 129,
  STREAMS_INVALID_TOPOLOGY: 130,
  STREAMS_INVALID_TOPOLOGY_EPOCH: 131,
  STREAMS_TOPOLOGY_FENCED: 132,
  SHARE_SESSION_LIMIT_REACHED: 133,
} as const;

export type BrokerErrorName = keyof typeof brokerErrorCodes;

/** What has to be asked anew before the request is tried again. */
export type StaleKnowledge = 'metadata' | 'coordinator';

export interface BrokerError {
  readonly code: number;
  /** Kafka's name of it; `UNKNOWN_CODE` for a code of a newer broker. */
  readonly name: BrokerErrorName | 'UNKNOWN_CODE';
  /** What the code means by itself; a caller may know better, as for an error inside a transaction. */
  readonly kind: FailureKind;
  readonly stale: StaleKnowledge | undefined;
  /** What a person can do about it, where that is the same everywhere. */
  readonly remedy: string | undefined;
}

/** Java's retriable ones, and those that a client answers by trying again with what the error told it. */
const retriable: ReadonlySet<BrokerErrorName> = new Set<BrokerErrorName>([
  'CORRUPT_MESSAGE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'REBALANCE_IN_PROGRESS',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'KAFKA_STORAGE_ERROR',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'LISTENER_NOT_FOUND',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'MEMBER_ID_REQUIRED',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'ELIGIBLE_LEADERS_NOT_AVAILABLE',
  'ELECTION_NOT_NEEDED',
  'UNSTABLE_OFFSET_COMMIT',
  'THROTTLING_QUOTA_EXCEEDED',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'FETCH_SESSION_TOPIC_ID_ERROR',
  'UNRELEASED_INSTANCE_ID',
  'SHARE_SESSION_NOT_FOUND',
  'INVALID_SHARE_SESSION_EPOCH',
  'REBOOTSTRAP_REQUIRED',
  'SHARE_SESSION_LIMIT_REACHED',
]);

/** Another member, or another producer under our id, has taken over. */
const fenced: ReadonlySet<BrokerErrorName> = new Set<BrokerErrorName>([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'FENCED_MEMBER_EPOCH',
  'STALE_MEMBER_EPOCH',
]);

/** The producer's sequence or transaction is broken; it goes on after it was initialised again. */
const abortable: ReadonlySet<BrokerErrorName> = new Set<BrokerErrorName>([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_ID_MAPPING',
  'TRANSACTION_ABORTABLE',
]);

/** Java: `InvalidMetadataException` and its subclasses. */
const staleMetadata: ReadonlySet<BrokerErrorName> = new Set<BrokerErrorName>([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'LISTENER_NOT_FOUND',
  'FENCED_LEADER_EPOCH',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'ELIGIBLE_LEADERS_NOT_AVAILABLE',
  'ELECTION_NOT_NEEDED',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
]);

const staleCoordinator: ReadonlySet<BrokerErrorName> = new Set<BrokerErrorName>(['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR']);

const remedies: Readonly<Partial<Record<BrokerErrorName, string>>> = {
  MESSAGE_TOO_LARGE: 'raise max.message.bytes of the topic or lower the batch size',
  RECORD_LIST_TOO_LARGE: 'lower the batch size below segment.bytes of the topic',
  NOT_ENOUGH_REPLICAS: 'fewer replicas are in sync than min.insync.replicas asks for: bring brokers back or lower it',
  TOPIC_AUTHORIZATION_FAILED: 'grant the principal access to the topic',
  GROUP_AUTHORIZATION_FAILED: 'grant the principal READ on the group',
  CLUSTER_AUTHORIZATION_FAILED: 'grant the principal access to the cluster',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'grant the principal WRITE on the transactional id',
  INVALID_SESSION_TIMEOUT: 'choose a session timeout between group.min.session.timeout.ms and group.max.session.timeout.ms of the broker',
  INCONSISTENT_GROUP_PROTOCOL: 'another kind of client is in the group: use an application id of its own',
  INVALID_TOPIC_EXCEPTION: 'use letters, digits, ".", "_" and "-", at most 249 of them',
  INVALID_REPLICATION_FACTOR: 'there are fewer brokers than replicas: lower the replication factor',
  INVALID_TRANSACTION_TIMEOUT: 'choose a transaction timeout up to transaction.max.timeout.ms of the broker',
  UNSUPPORTED_SASL_MECHANISM: 'choose a mechanism that the broker has enabled',
  SASL_AUTHENTICATION_FAILED: 'check user name and password',
  UNSUPPORTED_VERSION: 'use a newer broker',
  UNSUPPORTED_COMPRESSION_TYPE: 'choose another compression or a newer broker',
  POLICY_VIOLATION: 'a policy of the broker forbids it: ask who runs the cluster',
  GROUP_MAX_SIZE_REACHED: 'raise group.max.size of the broker or start fewer instances',
};

const byCode = new Map<number, BrokerError>(
  Object.entries(brokerErrorCodes).map(([key, code]) => {
    // Object.entries forgets the key type of the constant above.
    const name = key as BrokerErrorName;
    return [code, { code, name, kind: kindOf(name), stale: staleOf(name), remedy: remedies[name] }];
  }),
);

/** What a code means. A code that is not known, as of a newer broker, is fatal. */
export function brokerErrorByCode(code: number): BrokerError {
  return byCode.get(code) ?? { code, name: 'UNKNOWN_CODE', kind: 'fatal', stale: undefined, remedy: undefined };
}

function kindOf(name: BrokerErrorName): FailureKind {
  if (retriable.has(name)) return 'retriable';
  if (fenced.has(name)) return 'fenced';
  return abortable.has(name) ? 'abortable' : 'fatal';
}

function staleOf(name: BrokerErrorName): StaleKnowledge | undefined {
  if (staleMetadata.has(name)) return 'metadata';
  return staleCoordinator.has(name) ? 'coordinator' : undefined;
}
