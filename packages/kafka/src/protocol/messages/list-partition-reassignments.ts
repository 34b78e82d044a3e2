/** ListPartitionReassignments (46): partitions whose replicas are being moved. */
export const listPartitionReassignmentsApi = {
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    timeoutMs: { type: 'int32', default: 60000 },
    topics: {
      nullableSince: 0,
      default: null,
      array: {
        name: 'string',
        partitionIndexes: { array: 'int32' },
      },
    },
  },
  response: {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: { type: 'string', nullableSince: 0 },
    topics: {
      array: {
        name: 'string',
        partitions: {
          array: {
            partitionIndex: 'int32',
            replicas: { array: 'int32' },
            addingReplicas: { array: 'int32' },
            removingReplicas: { array: 'int32' },
          },
        },
      },
    },
  },
} as const;
