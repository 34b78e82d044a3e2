/** SaslHandshake (17): chooses the mechanism of authentication. */
export const saslHandshakeApi = {
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: {
    mechanism: 'string',
  },
  response: {
    errorCode: 'int16',
    mechanisms: { array: 'string' },
  },
} as const;
