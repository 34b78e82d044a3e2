/** Heartbeat. */
import { brokerErrorCodes, heartbeatApi } from '@millrace/kafka/protocol';
import { coordinatorError } from './group-node.ts';
import { requestHandler, type RequestHandler } from './request-handler.ts';

export const heartbeat: RequestHandler = requestHandler(heartbeatApi, [0, 4], (request, context) => {
  const { groupId, generationId, memberId, groupInstanceId } = request;
  const elsewhere = coordinatorError(context, groupId);
  if (elsewhere !== brokerErrorCodes.NONE) return { errorCode: elsewhere };
  return { errorCode: context.cluster.groups.heartbeat({ groupId, generation: generationId, memberId, instanceId: groupInstanceId }) };
});
