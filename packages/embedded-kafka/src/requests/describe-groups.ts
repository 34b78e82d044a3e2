/** DescribeGroups: state and members. A missing group is an error from 6 on, and looks dead before. */
import { brokerErrorCodes, describeGroupsApi, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Group } from '../groups/group.ts';
import { noBytes } from '../groups/group-member.ts';
import { coordinatorError } from './group-node.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

type GroupAnswer = ResponseInputOf<typeof describeGroupsApi>['groups'][number];

export const describeGroups: RequestHandler = requestHandler(describeGroupsApi, [0, 6], (request, context) => ({
  groups: request.groups.map((groupId) => describe(groupId, context)),
}));

function describe(groupId: string, context: RequestContext): GroupAnswer {
  const missing = { groupId, groupState: '', protocolType: '', protocolData: '', members: [] };
  const elsewhere = coordinatorError(context, groupId);
  if (elsewhere !== brokerErrorCodes.NONE) return { ...missing, errorCode: elsewhere };
  const group = context.cluster.groups.group(groupId);
  if (group !== undefined) return describeGroup(group);
  const dead = { ...missing, groupState: 'Dead' };
  if (context.version < 6) return { ...dead, errorCode: brokerErrorCodes.NONE };
  return { ...dead, errorCode: brokerErrorCodes.GROUP_ID_NOT_FOUND, errorMessage: `Group ${groupId} not found.` };
}

function describeGroup(group: Group): GroupAnswer {
  const { protocolName } = group;
  const isStable = group.is('Stable');
  return {
    errorCode: brokerErrorCodes.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (protocolName ?? '') : '',
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable && protocolName !== null ? member.metadataOf(protocolName) : noBytes,
      memberAssignment: isStable ? member.assignment : noBytes,
    })),
  };
}
