/** DeleteRecords (21): moves the beginning of partitions forward; offset -1 is the high watermark. */
export const deleteRecordsApi = {
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    topics: {
      array: {
        name: 'string',
        partitions: {
          array: {
            partitionIndex: 'int32',
            offset: 'int64',
          },
        },
      },
    },
    timeoutMs: 'int32',
  },
  response: {
    throttleTimeMs: 'int32',
    topics: {
      array: {
        name: 'string',
        partitions: {
          array: {
            partitionIndex: 'int32',
            lowWatermark: 'int64',
            errorCode: 'int16',
          },
        },
      },
    },
  },
} as const;
