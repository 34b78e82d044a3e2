/** TxnOffsetCommit (28): commits offsets in a transaction. Generation and member, and with them fencing, from 3 on (KIP-447). */
export const txnOffsetCommitApi = {
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    transactionalId: 'string',
    groupId: 'string',
    producerId: 'int64',
    producerEpoch: 'int16',
    generationId: { type: 'int32', since: 3, default: -1 },
    memberId: { type: 'string', since: 3, default: '' },
    groupInstanceId: { type: 'string', since: 3, nullableSince: 3, default: null },
    topics: {
      array: {
        name: 'string',
        partitions: {
          array: {
            partitionIndex: 'int32',
            committedOffset: 'int64',
            committedLeaderEpoch: { type: 'int32', since: 2, default: -1, ignorable: true },
            committedMetadata: { type: 'string', nullableSince: 0 },
          },
        },
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
          },
        },
      },
    },
  },
} as const;
