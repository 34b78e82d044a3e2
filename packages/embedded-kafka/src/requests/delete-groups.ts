/** DeleteGroups: groups without members, with their offsets. */
import { brokerErrorCodes, deleteGroupsApi } from '@millrace/kafka/protocol';
import { coordinatorError } from './group-node.ts';
import { requestHandler, type RequestHandler } from './request-handler.ts';

export const deleteGroups: RequestHandler = requestHandler(deleteGroupsApi, [0, 2], ({ groupsNames }, context) => ({
  throttleTimeMs: 0,
  results: groupsNames.map((groupId) => {
    const elsewhere = coordinatorError(context, groupId);
    return { groupId, errorCode: elsewhere === brokerErrorCodes.NONE ? context.cluster.groups.delete(groupId) : elsewhere };
  }),
}));
