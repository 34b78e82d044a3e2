/** DescribeProducers (61): the producers that a partition remembers; finds transactions that hang (KIP-664). */
export const describeProducersApi = {
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    topics: {
      array: {
        name: 'string',
        partitionIndexes: { array: 'int32' },
      },
    },
  },
  response: {
    throttleTimeMs: 'int32',
    topics: {
      array: {
        name: 'string',
        partitions: {
          array: {
            partitionIndex: 'int32',
            errorCode: 'int16',
            errorMessage: { type: 'string', nullableSince: 0, default: null },
            activeProducers: {
              array: {
                producerId: 'int64',
                producerEpoch: 'int32',
                lastSequence: { type: 'int32', default: -1 },
                lastTimestamp: { type: 'int64', default: -1 },
                coordinatorEpoch: 'int32',
                currentTxnStartOffset: { type: 'int64', default: -1 },
              },
            },
          },
        },
      },
    },
  },
} as const;
