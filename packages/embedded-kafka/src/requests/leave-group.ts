/** LeaveGroup: one member by id, from 3 on several, by instance id too. */
import { brokerErrorCodes, leaveGroupApi } from '@millrace/kafka/protocol';
import { coordinatorError } from './group-node.ts';
import { requestHandler, type RequestHandler } from './request-handler.ts';

export const leaveGroup: RequestHandler = requestHandler(leaveGroupApi, [0, 5], (request, context) => {
  const { groups } = context.cluster;
  const elsewhere = coordinatorError(context, request.groupId);
  if (elsewhere !== brokerErrorCodes.NONE) return { errorCode: elsewhere };
  if (context.version < 3) return { errorCode: groups.leave(request.groupId, request.memberId, null) };
  return {
    errorCode: brokerErrorCodes.NONE,
    members: request.members.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: groups.leave(request.groupId, memberId, groupInstanceId),
    })),
  };
});
