/** ListGroups (16): the groups that a broker coordinates. */
export const listGroupsApi = {
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    statesFilter: { array: 'string', since: 4 },
    typesFilter: { array: 'string', since: 5 },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 1, ignorable: true },
    errorCode: 'int16',
    groups: {
      array: {
        groupId: 'string',
        protocolType: 'string',
        groupState: { type: 'string', since: 4, ignorable: true },
        groupType: { type: 'string', since: 5, ignorable: true },
      },
    },
  },
} as const;
