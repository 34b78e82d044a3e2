/** DescribeGroups (15): state and members of groups. From 6 on a missing group is an error. */
export const describeGroupsApi = {
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleFrom: 5,
  request: {
    groups: { array: 'string' },
    includeAuthorizedOperations: { type: 'boolean', since: 3 },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 1, ignorable: true },
    groups: {
      array: {
        errorCode: 'int16',
        errorMessage: { type: 'string', since: 6, nullableSince: 6, default: null },
        groupId: 'string',
        groupState: 'string',
        protocolType: 'string',
        protocolData: 'string',
        members: {
          array: {
            memberId: 'string',
            groupInstanceId: { type: 'string', since: 4, nullableSince: 4, default: null, ignorable: true },
            clientId: 'string',
            clientHost: 'string',
            memberMetadata: 'bytes',
            memberAssignment: 'bytes',
          },
        },
        authorizedOperations: { type: 'int32', since: 3, default: -2147483648 },
      },
    },
  },
} as const;
