/** Heartbeat (12): keeps a member of a group alive. */
export const heartbeatApi = {
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleFrom: 4,
  request: {
    groupId: 'string',
    generationId: 'int32',
    memberId: 'string',
    groupInstanceId: { type: 'string', since: 3, nullableSince: 3, default: null },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 1, ignorable: true },
    errorCode: 'int16',
  },
} as const;
