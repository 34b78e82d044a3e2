/** Metadata (3): brokers, controller, topics and the leaders of their partitions. In version 0 no topics means all topics, from 1 on null does. */
export const metadataApi = {
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleFrom: 9,
  request: {
    topics: {
      nullableSince: 1,
      array: {
        topicId: { type: 'uuid', since: 10, ignorable: true },
        name: { type: 'string', nullableSince: 10 },
      },
    },
    allowAutoTopicCreation: { type: 'boolean', since: 4, default: true },
    includeClusterAuthorizedOperations: { type: 'boolean', since: 8, until: 10 },
    includeTopicAuthorizedOperations: { type: 'boolean', since: 8 },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 3, ignorable: true },
    brokers: {
      array: {
        nodeId: 'int32',
        host: 'string',
        port: 'int32',
        rack: { type: 'string', since: 1, nullableSince: 1, default: null, ignorable: true },
      },
    },
    clusterId: { type: 'string', since: 2, nullableSince: 2, default: null, ignorable: true },
    controllerId: { type: 'int32', since: 1, default: -1, ignorable: true },
    topics: {
      array: {
        errorCode: 'int16',
        name: { type: 'string', nullableSince: 12 },
        topicId: { type: 'uuid', since: 10, ignorable: true },
        isInternal: { type: 'boolean', since: 1, default: false, ignorable: true },
        partitions: {
          array: {
            errorCode: 'int16',
            partitionIndex: 'int32',
            leaderId: 'int32',
            leaderEpoch: { type: 'int32', since: 7, default: -1, ignorable: true },
            replicaNodes: { array: 'int32' },
            isrNodes: { array: 'int32' },
            offlineReplicas: { array: 'int32', since: 5, ignorable: true },
          },
        },
        topicAuthorizedOperations: { type: 'int32', since: 8, default: -2147483648 },
      },
    },
    clusterAuthorizedOperations: { type: 'int32', since: 8, until: 10, default: -2147483648 },
    errorCode: { type: 'int16', since: 13, ignorable: true },
  },
} as const;
