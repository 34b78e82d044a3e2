/** Produce (0): appends record batches to partitions. From 12 on a transactional batch adds its partition to the transaction (KIP-890), 13 names topics by id. */
export const produceApi = {
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleFrom: 9,
  request: {
    transactionalId: { type: 'string', nullableSince: 0, default: null },
    acks: 'int16',
    timeoutMs: 'int32',
    topicData: {
      array: {
        name: { type: 'string', until: 12, ignorable: true },
        topicId: { type: 'uuid', since: 13, ignorable: true },
        partitionData: {
          array: {
            index: 'int32',
            records: { type: 'records', nullableSince: 0 },
          },
        },
      },
    },
  },
  response: {
    responses: {
      array: {
        name: { type: 'string', until: 12, ignorable: true },
        topicId: { type: 'uuid', since: 13, ignorable: true },
        partitionResponses: {
          array: {
            index: 'int32',
            errorCode: 'int16',
            baseOffset: 'int64',
            logAppendTimeMs: { type: 'int64', default: -1 },
            logStartOffset: { type: 'int64', since: 5, default: -1, ignorable: true },
            recordErrors: {
              since: 8,
              ignorable: true,
              array: {
                batchIndex: 'int32',
                batchIndexErrorMessage: { type: 'string', nullableSince: 8, default: null },
              },
            },
            errorMessage: { type: 'string', since: 8, nullableSince: 8, default: null, ignorable: true },
            currentLeader: {
              since: 10,
              tag: 0,
              struct: {
                leaderId: { type: 'int32', default: -1 },
                leaderEpoch: { type: 'int32', default: -1 },
              },
            },
          },
        },
      },
    },
    throttleTimeMs: { type: 'int32', default: 0 },
    nodeEndpoints: {
      since: 10,
      tag: 0,
      array: {
        nodeId: 'int32',
        host: 'string',
        port: 'int32',
        rack: { type: 'string', nullableSince: 10, default: null },
      },
    },
  },
} as const;
