/** SaslAuthenticate (36): one exchange of authentication bytes. */
export const saslAuthenticateApi = {
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    authBytes: 'bytes',
  },
  response: {
    errorCode: 'int16',
    errorMessage: { type: 'string', nullableSince: 0 },
    authBytes: 'bytes',
    sessionLifetimeMs: { type: 'int64', since: 1, default: 0, ignorable: true },
  },
} as const;
