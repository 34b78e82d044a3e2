/** SyncGroup: parked until the leader has assigned. */
import { brokerErrorCodes, syncGroupApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import { syncRefused } from '../groups/group-member.ts';
import { coordinatorError } from './group-node.ts';
import { type MaybePromise, type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const syncGroup: RequestHandler = requestHandler(syncGroupApi, [0, 5], handle);

function handle(request: RequestOf<typeof syncGroupApi>, context: RequestContext): MaybePromise<ResponseInputOf<typeof syncGroupApi>> {
  const elsewhere = coordinatorError(context, request.groupId);
  if (elsewhere !== brokerErrorCodes.NONE) return syncRefused(elsewhere);
  // From 5 on they must be told.
  if (context.version >= 5 && (request.protocolType === null || request.protocolName === null)) {
    return syncRefused(brokerErrorCodes.INCONSISTENT_GROUP_PROTOCOL);
  }
  return new Promise((resolve) => {
    context.cluster.groups.sync(
      {
        groupId: request.groupId,
        generation: request.generationId,
        memberId: request.memberId,
        instanceId: request.groupInstanceId,
        protocolType: request.protocolType,
        protocolName: request.protocolName,
        assignments: request.assignments,
      },
      resolve,
    );
  });
}
