/** InitProducerId: a fresh id for an idempotent producer. Transactional ids are refused. */
import { brokerErrorCodes, initProducerIdApi } from '@millrace/kafka/protocol';
import { requestHandler, type RequestHandler } from './request-handler.ts';

export const initProducerId: RequestHandler = requestHandler(initProducerIdApi, [0, 5], (request, { cluster }) => {
  if (request.transactionalId !== null)
    return { throttleTimeMs: 0, errorCode: brokerErrorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, producerId: -1, producerEpoch: -1 };
  // As a real broker: without a transactional id every call gives another producer id, whichever id it names.
  return { throttleTimeMs: 0, errorCode: brokerErrorCodes.NONE, producerId: cluster.takeProducerId(), producerEpoch: 0 };
});
