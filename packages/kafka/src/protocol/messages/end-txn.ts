/** EndTxn (26): commits or aborts a transaction. From 5 on the answer holds the next producer epoch (KIP-890). */
export const endTxnApi = {
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    transactionalId: 'string',
    producerId: 'int64',
    producerEpoch: 'int16',
    committed: 'boolean',
  },
  response: {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    producerId: { type: 'int64', since: 5, default: -1, ignorable: true },
    producerEpoch: { type: 'int16', since: 5, default: -1, ignorable: true },
  },
} as const;
