/** DescribeTopicPartitions (75): partitions of topics, page by page (KIP-966). */
export const describeTopicPartitionsApi = {
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    topics: {
      array: {
        name: 'string',
      },
    },
    responsePartitionLimit: { type: 'int32', default: 2000 },
    cursor: {
      nullableSince: 0,
      default: null,
      struct: {
        topicName: 'string',
        partitionIndex: 'int32',
      },
    },
  },
  response: {
    throttleTimeMs: 'int32',
    topics: {
      array: {
        errorCode: 'int16',
        name: { type: 'string', nullableSince: 0 },
        topicId: 'uuid',
        isInternal: { type: 'boolean', default: false },
        partitions: {
          array: {
            errorCode: 'int16',
            partitionIndex: 'int32',
            leaderId: 'int32',
            leaderEpoch: { type: 'int32', default: -1 },
            replicaNodes: { array: 'int32' },
            isrNodes: { array: 'int32' },
            eligibleLeaderReplicas: { array: 'int32', nullableSince: 0, default: null },
            lastKnownElr: { array: 'int32', nullableSince: 0, default: null },
            offlineReplicas: { array: 'int32' },
          },
        },
        topicAuthorizedOperations: { type: 'int32', default: -2147483648 },
      },
    },
    nextCursor: {
      nullableSince: 0,
      default: null,
      struct: {
        topicName: 'string',
        partitionIndex: 'int32',
      },
    },
  },
} as const;
