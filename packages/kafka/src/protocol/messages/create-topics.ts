/** CreateTopics (19): creates topics. The answer has ids, partition counts and settings from 5 and 7 on. */
export const createTopicsApi = {
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleFrom: 5,
  request: {
    topics: {
      array: {
        name: 'string',
        numPartitions: 'int32',
        replicationFactor: 'int16',
        assignments: {
          array: {
            partitionIndex: 'int32',
            brokerIds: { array: 'int32' },
          },
        },
        configs: {
          array: {
            name: 'string',
            value: { type: 'string', nullableSince: 0 },
          },
        },
      },
    },
    timeoutMs: { type: 'int32', default: 60000 },
    validateOnly: { type: 'boolean', default: false },
  },
  response: {
    throttleTimeMs: 'int32',
    topics: {
      array: {
        name: 'string',
        topicId: { type: 'uuid', since: 7, ignorable: true },
        errorCode: 'int16',
        errorMessage: { type: 'string', nullableSince: 0 },
        topicConfigErrorCode: { type: 'int16', since: 5, tag: 0, ignorable: true },
        numPartitions: { type: 'int32', since: 5, default: -1, ignorable: true },
        replicationFactor: { type: 'int16', since: 5, default: -1, ignorable: true },
        configs: {
          since: 5,
          nullableSince: 5,
          ignorable: true,
          array: {
            name: 'string',
            value: { type: 'string', nullableSince: 5 },
            readOnly: 'boolean',
            configSource: { type: 'int8', default: -1 },
            isSensitive: 'boolean',
          },
        },
      },
    },
  },
} as const;
