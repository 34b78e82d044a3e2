/** IncrementalAlterConfigs (44): changes single settings of a resource (KIP-339). Operations: 0 set, 1 delete, 2 append, 3 subtract. */
export const incrementalAlterConfigsApi = {
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    resources: {
      array: {
        resourceType: 'int8',
        resourceName: 'string',
        configs: {
          array: {
            name: 'string',
            configOperation: 'int8',
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
