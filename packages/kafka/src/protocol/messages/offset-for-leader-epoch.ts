/** OffsetForLeaderEpoch (23): the end offset of a leader epoch, to find a truncated log. */
export const offsetForLeaderEpochApi = {
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleFrom: 4,
  request: {
    replicaId: { type: 'int32', since: 3, default: -2, ignorable: true },
    topics: {
      array: {
        topic: 'string',
        partitions: {
          array: {
            partition: 'int32',
            currentLeaderEpoch: { type: 'int32', default: -1 },
            leaderEpoch: 'int32',
          },
        },
      },
    },
  },
  response: {
    throttleTimeMs: 'int32',
    topics: {
      array: {
        topic: 'string',
        partitions: {
          array: {
            errorCode: 'int16',
            partition: 'int32',
            leaderEpoch: { type: 'int32', default: -1 },
            endOffset: { type: 'int64', default: -1 },
          },
        },
      },
    },
  },
} as const;
