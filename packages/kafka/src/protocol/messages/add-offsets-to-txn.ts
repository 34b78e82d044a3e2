/** AddOffsetsToTxn (25): adds the offsets of a group to a transaction. */
export const addOffsetsToTxnApi = {
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexibleFrom: 3,
  request: {
    transactionalId: 'string',
    producerId: 'int64',
    producerEpoch: 'int16',
    groupId: 'string',
  },
  response: {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
  },
} as const;
