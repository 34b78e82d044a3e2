/** JoinGroup: parked until the group has come together. */
import { brokerErrorCodes, joinGroupApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import { type JoinAnswer, joinRefused } from '../groups/group-member.ts';
import { coordinatorError } from './group-node.ts';
import { type MaybePromise, type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const joinGroup: RequestHandler = requestHandler(joinGroupApi, [0, 9], handle);

function handle(request: RequestOf<typeof joinGroupApi>, context: RequestContext): MaybePromise<ResponseInputOf<typeof joinGroupApi>> {
  const { cluster, version, clientId, clientHost } = context;
  const elsewhere = coordinatorError(context, request.groupId);
  if (elsewhere !== brokerErrorCodes.NONE) return inVersion(joinRefused(elsewhere, request.memberId), version);
  return new Promise((resolve) => {
    cluster.groups.join(
      {
        groupId: request.groupId,
        memberId: request.memberId,
        instanceId: request.groupInstanceId,
        sessionTimeoutMs: request.sessionTimeoutMs,
        // Version 0 has one timeout for both.
        rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
        protocolType: request.protocolType,
        protocols: request.protocols,
        clientId,
        clientHost,
        mustKnowId: version >= 4,
        maySkipAssignment: version >= 9,
      },
      (answer) => resolve(inVersion(answer, version)),
    );
  });
}

function inVersion(answer: JoinAnswer, version: number): ResponseInputOf<typeof joinGroupApi> {
  const response = {
    errorCode: answer.errorCode,
    generationId: answer.generation,
    protocolType: answer.protocolType,
    protocolName: answer.protocolName ?? (version < 7 ? '' : null),
    leader: answer.leader,
    memberId: answer.memberId,
    members: answer.members.map(({ memberId, instanceId, metadata }) => ({ memberId, groupInstanceId: instanceId, metadata })),
  };
  return version < 9 ? response : { ...response, skipAssignment: answer.skipAssignment };
}
