/** OffsetDelete (47): deletes committed offsets of topics that a group is not subscribed to. */
export const offsetDeleteApi = {
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  request: {
    groupId: 'string',
    topics: {
      array: {
        name: 'string',
        partitions: {
          array: {
            partitionIndex: 'int32',
          },
        },
      },
    },
  },
  response: {
    errorCode: 'int16',
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
