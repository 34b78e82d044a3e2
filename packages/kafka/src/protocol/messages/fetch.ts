/** Fetch (1): reads record batches from partitions. From 7 on with sessions (KIP-227), from 13 on by topic id (KIP-516). */
export const fetchApi = {
  key: 1,
  name: 'Fetch',
  versions: [4, 17],
  flexibleFrom: 12,
  request: {
    clusterId: { type: 'string', since: 12, nullableSince: 12, tag: 0, default: null, ignorable: true },
    replicaId: { type: 'int32', until: 14, default: -1 },
    replicaState: {
      since: 15,
      tag: 1,
      struct: {
        replicaId: { type: 'int32', default: -1 },
        replicaEpoch: { type: 'int64', default: -1 },
      },
    },
    maxWaitMs: 'int32',
    minBytes: 'int32',
    maxBytes: { type: 'int32', default: 2147483647 },
    isolationLevel: { type: 'int8', default: 0 },
    sessionId: { type: 'int32', since: 7, default: 0, ignorable: true },
    sessionEpoch: { type: 'int32', since: 7, default: -1, ignorable: true },
    topics: {
      array: {
        topic: { type: 'string', until: 12, ignorable: true },
        topicId: { type: 'uuid', since: 13, ignorable: true },
        partitions: {
          array: {
            partition: 'int32',
            currentLeaderEpoch: { type: 'int32', since: 9, default: -1, ignorable: true },
            fetchOffset: 'int64',
            lastFetchedEpoch: { type: 'int32', since: 12, default: -1 },
            logStartOffset: { type: 'int64', since: 5, default: -1, ignorable: true },
            partitionMaxBytes: 'int32',
            replicaDirectoryId: { type: 'uuid', since: 17, tag: 0, ignorable: true },
          },
        },
      },
    },
    forgottenTopicsData: {
      since: 7,
      array: {
        topic: { type: 'string', until: 12, ignorable: true },
        topicId: { type: 'uuid', since: 13, ignorable: true },
        partitions: { array: 'int32' },
      },
    },
    rackId: { type: 'string', since: 11, default: '', ignorable: true },
  },
  response: {
    throttleTimeMs: 'int32',
    errorCode: { type: 'int16', since: 7, ignorable: true },
    sessionId: { type: 'int32', since: 7, default: 0 },
    responses: {
      array: {
        topic: { type: 'string', until: 12, ignorable: true },
        topicId: { type: 'uuid', since: 13, ignorable: true },
        partitions: {
          array: {
            partitionIndex: 'int32',
            errorCode: 'int16',
            highWatermark: 'int64',
            lastStableOffset: { type: 'int64', default: -1 },
            logStartOffset: { type: 'int64', since: 5, default: -1, ignorable: true },
            divergingEpoch: {
              since: 12,
              tag: 0,
              struct: {
                epoch: { type: 'int32', default: -1 },
                endOffset: { type: 'int64', default: -1 },
              },
            },
            currentLeader: {
              since: 12,
              tag: 1,
              struct: {
                leaderId: { type: 'int32', default: -1 },
                leaderEpoch: { type: 'int32', default: -1 },
              },
            },
            snapshotId: {
              since: 12,
              tag: 2,
              struct: {
                endOffset: { type: 'int64', default: -1 },
                epoch: { type: 'int32', default: -1 },
              },
            },
            abortedTransactions: {
              nullableSince: 0,
              array: {
                producerId: 'int64',
                firstOffset: 'int64',
              },
            },
            preferredReadReplica: { type: 'int32', since: 11, default: -1 },
            records: { type: 'records', nullableSince: 0 },
          },
        },
      },
    },
    nodeEndpoints: {
      since: 16,
      tag: 0,
      array: {
        nodeId: 'int32',
        host: 'string',
        port: 'int32',
        rack: { type: 'string', nullableSince: 16, default: null },
      },
    },
  },
} as const;
