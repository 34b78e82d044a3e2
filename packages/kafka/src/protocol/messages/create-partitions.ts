/** CreatePartitions (37): adds partitions to topics; `count` is the new total. */
export const createPartitionsApi = {
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleFrom: 2,
  request: {
    topics: {
      array: {
        name: 'string',
        count: 'int32',
        assignments: {
          nullableSince: 0,
          array: {
            brokerIds: { array: 'int32' },
          },
        },
      },
    },
    timeoutMs: 'int32',
    validateOnly: 'boolean',
  },
  response: {
    throttleTimeMs: 'int32',
    results: {
      array: {
        name: 'string',
        errorCode: 'int16',
        errorMessage: { type: 'string', nullableSince: 0, default: null },
      },
    },
  },
} as const;
