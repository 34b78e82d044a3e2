/** AddPartitionsToTxn (24): adds partitions to a transaction. Versions 4 and 5 batch transactions and are spoken between brokers. */
export const addPartitionsToTxnApi = {
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    transactions: {
      since: 4,
      array: {
        transactionalId: 'string',
        producerId: 'int64',
        producerEpoch: 'int16',
        verifyOnly: { type: 'boolean', default: false },
        topics: {
          array: {
            name: 'string',
            partitions: { array: 'int32' },
          },
        },
      },
    },
    v3AndBelowTransactionalId: { type: 'string', until: 3 },
    v3AndBelowProducerId: { type: 'int64', until: 3 },
    v3AndBelowProducerEpoch: { type: 'int16', until: 3 },
    v3AndBelowTopics: {
      until: 3,
      array: {
        name: 'string',
        partitions: { array: 'int32' },
      },
    },
  },
  response: {
    throttleTimeMs: 'int32',
    errorCode: { type: 'int16', since: 4, ignorable: true },
    resultsByTransaction: {
      since: 4,
      array: {
        transactionalId: 'string',
        topicResults: {
          array: {
            name: 'string',
            resultsByPartition: {
              array: {
                partitionIndex: 'int32',
                partitionErrorCode: 'int16',
              },
            },
          },
        },
      },
    },
    resultsByTopicV3AndBelow: {
      until: 3,
      array: {
        name: 'string',
        resultsByPartition: {
          array: {
            partitionIndex: 'int32',
            partitionErrorCode: 'int16',
          },
        },
      },
    },
  },
} as const;
