/** JoinGroup (11): joins a group of the classic protocol. Instance id from 5 on (KIP-345), `skipAssignment` from 9 on. */
export const joinGroupApi = {
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleFrom: 6,
  request: {
    groupId: 'string',
    sessionTimeoutMs: 'int32',
    rebalanceTimeoutMs: { type: 'int32', since: 1, default: -1, ignorable: true },
    memberId: 'string',
    groupInstanceId: { type: 'string', since: 5, nullableSince: 5, default: null },
    protocolType: 'string',
    protocols: {
      array: {
        name: 'string',
        metadata: 'bytes',
      },
    },
    reason: { type: 'string', since: 8, nullableSince: 8, default: null, ignorable: true },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 2, ignorable: true },
    errorCode: 'int16',
    generationId: { type: 'int32', default: -1 },
    protocolType: { type: 'string', since: 7, nullableSince: 7, default: null, ignorable: true },
    protocolName: { type: 'string', nullableSince: 7 },
    leader: 'string',
    skipAssignment: { type: 'boolean', since: 9, default: false },
    memberId: 'string',
    members: {
      array: {
        memberId: 'string',
        groupInstanceId: { type: 'string', since: 5, nullableSince: 5, default: null, ignorable: true },
        metadata: 'bytes',
      },
    },
  },
} as const;
