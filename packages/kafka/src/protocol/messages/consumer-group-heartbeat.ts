/** ConsumerGroupHeartbeat (68): membership of a consumer group whose partitions the broker assigns (KIP-848). */
export const consumerGroupHeartbeatApi = {
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    groupId: 'string',
    memberId: 'string',
    memberEpoch: 'int32',
    instanceId: { type: 'string', nullableSince: 0, default: null },
    rackId: { type: 'string', nullableSince: 0, default: null },
    rebalanceTimeoutMs: { type: 'int32', default: -1 },
    subscribedTopicNames: { array: 'string', nullableSince: 0, default: null },
    subscribedTopicRegex: { type: 'string', since: 1, nullableSince: 1, default: null },
    serverAssignor: { type: 'string', nullableSince: 0, default: null },
    topicPartitions: {
      nullableSince: 0,
      default: null,
      array: {
        topicId: 'uuid',
        partitions: { array: 'int32' },
      },
    },
  },
  response: {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: { type: 'string', nullableSince: 0, default: null },
    memberId: { type: 'string', nullableSince: 0, default: null },
    memberEpoch: 'int32',
    heartbeatIntervalMs: 'int32',
    assignment: {
      nullableSince: 0,
      default: null,
      struct: {
        topicPartitions: {
          array: {
            topicId: 'uuid',
            partitions: { array: 'int32' },
          },
        },
      },
    },
  },
} as const;
