/** AlterConfigs (33): replaces all settings of a resource. */
export const alterConfigsApi = {
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    resources: {
      array: {
        resourceType: 'int8',
        resourceName: 'string',
        configs: {
          array: {
            name: 'string',
            value: { type: 'string', nullableSince: 0 },
          },
        },
      },
    },
    validateOnly: 'boolean',
  },
  response: {
    throttleTimeMs: 'int32',
    responses: {
      array: {
        errorCode: 'int16',
        errorMessage: { type: 'string', nullableSince: 0 },
        resourceType: 'int8',
        resourceName: 'string',
      },
    },
  },
} as const;
