/** OffsetCommit (8): commits offsets of a group. Instance id from 7 on, topics by id from 10 on. */
export const offsetCommitApi = {
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleFrom: 8,
  request: {
    groupId: 'string',
    generationIdOrMemberEpoch: { type: 'int32', default: -1 },
    memberId: 'string',
    groupInstanceId: { type: 'string', since: 7, nullableSince: 7, default: null },
    retentionTimeMs: { type: 'int64', until: 4, default: -1, ignorable: true },
    topics: {
      array: {
        name: { type: 'string', until: 9, ignorable: true },
        topicId: { type: 'uuid', since: 10, ignorable: true },
        partitions: {
          array: {
            partitionIndex: 'int32',
            committedOffset: 'int64',
            committedLeaderEpoch: { type: 'int32', since: 6, default: -1, ignorable: true },
            committedMetadata: { type: 'string', nullableSince: 0 },
          },
        },
      },
    },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 3, ignorable: true },
    topics: {
      array: {
        name: { type: 'string', until: 9, ignorable: true },
        topicId: { type: 'uuid', since: 10, ignorable: true },
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
