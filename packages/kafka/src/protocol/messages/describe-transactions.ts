/** DescribeTransactions (65): state and partitions of transactions (KIP-664). */
export const describeTransactionsApi = {
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    transactionalIds: { array: 'string' },
  },
  response: {
    throttleTimeMs: 'int32',
    transactionStates: {
      array: {
        errorCode: 'int16',
        transactionalId: 'string',
        transactionState: 'string',
        transactionTimeoutMs: 'int32',
        transactionStartTimeMs: 'int64',
        producerId: 'int64',
        producerEpoch: 'int16',
        topics: {
          array: {
            topic: 'string',
            partitions: { array: 'int32' },
          },
        },
      },
    },
  },
} as const;
