/** ApiVersions (18): the APIs and versions that a broker speaks, and from 3 on its finalized features. Its response header never has tagged fields. */
export const apiVersionsApi = {
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleFrom: 3,
  request: {
    clientSoftwareName: { type: 'string', since: 3, ignorable: true },
    clientSoftwareVersion: { type: 'string', since: 3, ignorable: true },
  },
  response: {
    errorCode: 'int16',
    apiKeys: {
      array: {
        apiKey: 'int16',
        minVersion: 'int16',
        maxVersion: 'int16',
      },
    },
    throttleTimeMs: { type: 'int32', since: 1, ignorable: true },
    supportedFeatures: {
      since: 3,
      tag: 0,
      ignorable: true,
      array: {
        name: 'string',
        minVersion: 'int16',
        maxVersion: 'int16',
      },
    },
    finalizedFeaturesEpoch: { type: 'int64', since: 3, tag: 1, default: -1, ignorable: true },
    finalizedFeatures: {
      since: 3,
      tag: 2,
      ignorable: true,
      array: {
        name: 'string',
        maxVersionLevel: 'int16',
        minVersionLevel: 'int16',
      },
    },
    zkMigrationReady: { type: 'boolean', since: 3, tag: 3, default: false, ignorable: true },
  },
} as const;
