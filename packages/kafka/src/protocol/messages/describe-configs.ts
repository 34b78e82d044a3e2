/** DescribeConfigs (32): settings of topics, brokers and groups. */
export const describeConfigsApi = {
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleFrom: 4,
  request: {
    resources: {
      array: {
        resourceType: 'int8',
        resourceName: 'string',
        configurationKeys: { array: 'string', nullableSince: 0 },
      },
    },
    includeSynonyms: { type: 'boolean', default: false },
    includeDocumentation: { type: 'boolean', since: 3, default: false },
  },
  response: {
    throttleTimeMs: 'int32',
    results: {
      array: {
        errorCode: 'int16',
        errorMessage: { type: 'string', nullableSince: 0 },
        resourceType: 'int8',
        resourceName: 'string',
        configs: {
          array: {
            name: 'string',
            value: { type: 'string', nullableSince: 0 },
            readOnly: 'boolean',
            configSource: { type: 'int8', default: -1 },
            isSensitive: 'boolean',
            synonyms: {
              array: {
                name: 'string',
                value: { type: 'string', nullableSince: 0 },
                source: 'int8',
              },
            },
            configType: { type: 'int8', since: 3, default: 0, ignorable: true },
            documentation: { type: 'string', since: 3, nullableSince: 3, ignorable: true },
          },
        },
      },
    },
  },
} as const;
