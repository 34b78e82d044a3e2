/** LeaveGroup (13): leaves a group. Several members, by instance id too, from 3 on. */
export const leaveGroupApi = {
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId: 'string',
    memberId: { type: 'string', until: 2 },
    members: {
      since: 3,
      array: {
        memberId: 'string',
        groupInstanceId: { type: 'string', nullableSince: 3, default: null },
        reason: { type: 'string', since: 5, nullableSince: 5, default: null, ignorable: true },
      },
    },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 1, ignorable: true },
    errorCode: 'int16',
    members: {
      since: 3,
      array: {
        memberId: 'string',
        groupInstanceId: { type: 'string', nullableSince: 3 },
        errorCode: 'int16',
      },
    },
  },
} as const;
