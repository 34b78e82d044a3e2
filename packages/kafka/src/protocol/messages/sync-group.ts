/** SyncGroup (14): hands out the assignments of a generation. */
export const syncGroupApi = {
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId: 'string',
    generationId: 'int32',
    memberId: 'string',
    groupInstanceId: { type: 'string', since: 3, nullableSince: 3, default: null },
    protocolType: { type: 'string', since: 5, nullableSince: 5, default: null, ignorable: true },
    protocolName: { type: 'string', since: 5, nullableSince: 5, default: null, ignorable: true },
    assignments: {
      array: {
        memberId: 'string',
        assignment: 'bytes',
      },
    },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 1, ignorable: true },
    errorCode: 'int16',
    protocolType: { type: 'string', since: 5, nullableSince: 5, default: null, ignorable: true },
    protocolName: { type: 'string', since: 5, nullableSince: 5, default: null, ignorable: true },
    assignment: 'bytes',
  },
} as const;
