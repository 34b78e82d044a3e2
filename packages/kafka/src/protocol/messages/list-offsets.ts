/** ListOffsets (2): offsets by timestamp; -1 is the end, -2 the beginning, -3 the record with the greatest timestamp (from 7 on). */
export const listOffsetsApi = {
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleFrom: 6,
  request: {
    replicaId: 'int32',
    isolationLevel: { type: 'int8', since: 2 },
    topics: {
      array: {
        name: 'string',
        partitions: {
          array: {
            partitionIndex: 'int32',
            currentLeaderEpoch: { type: 'int32', since: 4, default: -1, ignorable: true },
            timestamp: 'int64',
          },
        },
      },
    },
    timeoutMs: { type: 'int32', since: 10, ignorable: true },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 2, ignorable: true },
    topics: {
      array: {
        name: 'string',
        partitions: {
          array: {
            partitionIndex: 'int32',
            errorCode: 'int16',
            timestamp: { type: 'int64', default: -1 },
            offset: { type: 'int64', default: -1 },
            leaderEpoch: { type: 'int32', since: 4, default: -1 },
          },
        },
      },
    },
  },
} as const;
