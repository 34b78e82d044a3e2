/** DescribeCluster (60): cluster id, controller and brokers. */
export const describeClusterApi = {
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    includeClusterAuthorizedOperations: 'boolean',
    endpointType: { type: 'int8', since: 1, default: 1 },
    includeFencedBrokers: { type: 'boolean', since: 2 },
  },
  response: {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: { type: 'string', nullableSince: 0, default: null },
    endpointType: { type: 'int8', since: 1, default: 1 },
    clusterId: 'string',
    controllerId: { type: 'int32', default: -1 },
    brokers: {
      array: {
        brokerId: 'int32',
        host: 'string',
        port: 'int32',
        rack: { type: 'string', nullableSince: 0, default: null },
        isFenced: { type: 'boolean', since: 2 },
      },
    },
    clusterAuthorizedOperations: { type: 'int32', default: -2147483648 },
  },
} as const;
