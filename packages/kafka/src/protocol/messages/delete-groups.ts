/** DeleteGroups (42): deletes groups without members. */
export const deleteGroupsApi = {
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    groupsNames: { array: 'string' },
  },
  response: {
    throttleTimeMs: 'int32',
    results: {
      array: {
        groupId: 'string',
        errorCode: 'int16',
      },
    },
  },
} as const;
