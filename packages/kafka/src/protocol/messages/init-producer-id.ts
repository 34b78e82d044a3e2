/** InitProducerId (22): gives a producer its id and epoch. Resuming with the old ones from 3 on (KIP-360). */
export const initProducerIdApi = {
  key: 22,
  name: 'InitProducerId',
  versions: [0, 5],
  flexibleFrom: 2,
  request: {
    transactionalId: { type: 'string', nullableSince: 0 },
    transactionTimeoutMs: 'int32',
    producerId: { type: 'int64', since: 3, default: -1 },
    producerEpoch: { type: 'int16', since: 3, default: -1 },
  },
  response: {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    producerId: { type: 'int64', default: -1 },
    producerEpoch: 'int16',
  },
} as const;
