/** ListTransactions (66): transactions that a broker coordinates (KIP-664). */
export const listTransactionsApi = {
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    stateFilters: { array: 'string' },
    producerIdFilters: { array: 'int64' },
    durationFilter: { type: 'int64', since: 1, default: -1 },
    transactionalIdPattern: { type: 'string', since: 2, nullableSince: 2, default: null },
  },
  response: {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    unknownStateFilters: { array: 'string' },
    transactionStates: {
      array: {
        transactionalId: 'string',
        producerId: 'int64',
        transactionState: 'string',
      },
    },
  },
} as const;
