/** OffsetFetch (9): committed offsets of a group. `requireStable` from 7 on (KIP-447), several groups from 8 on, topics by id from 10 on. */
export const offsetFetchApi = {
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleFrom: 6,
  request: {
    groupId: { type: 'string', until: 7 },
    topics: {
      until: 7,
      nullableSince: 2,
      array: {
        name: 'string',
        partitionIndexes: { array: 'int32' },
      },
    },
    groups: {
      since: 8,
      array: {
        groupId: 'string',
        memberId: { type: 'string', since: 9, nullableSince: 9, default: null, ignorable: true },
        memberEpoch: { type: 'int32', since: 9, default: -1, ignorable: true },
        topics: {
          nullableSince: 8,
          array: {
            name: { type: 'string', until: 9, ignorable: true },
            topicId: { type: 'uuid', since: 10, ignorable: true },
            partitionIndexes: { array: 'int32' },
          },
        },
      },
    },
    requireStable: { type: 'boolean', since: 7, default: false },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 3, ignorable: true },
    topics: {
      until: 7,
      array: {
        name: 'string',
        partitions: {
          array: {
            partitionIndex: 'int32',
            committedOffset: 'int64',
            committedLeaderEpoch: { type: 'int32', since: 5, default: -1, ignorable: true },
            metadata: { type: 'string', nullableSince: 0 },
            errorCode: 'int16',
          },
        },
      },
    },
    errorCode: { type: 'int16', since: 2, until: 7, default: 0, ignorable: true },
    groups: {
      since: 8,
      array: {
        groupId: 'string',
        topics: {
          array: {
            name: { type: 'string', until: 9, ignorable: true },
            topicId: { type: 'uuid', since: 10, ignorable: true },
            partitions: {
              array: {
                partitionIndex: 'int32',
                committedOffset: 'int64',
                committedLeaderEpoch: { type: 'int32', default: -1 },
                metadata: { type: 'string', nullableSince: 8 },
                errorCode: 'int16',
              },
            },
          },
        },
        errorCode: { type: 'int16', default: 0 },
      },
    },
  },
} as const;
