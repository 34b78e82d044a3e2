/** ListGroups: the groups that the asked node coordinates. */
import { brokerErrorCodes, listGroupsApi } from '@millrace/kafka/protocol';
import { requestHandler, type RequestHandler } from './request-handler.ts';

const groupType = 'classic';

export const listGroups: RequestHandler = requestHandler(listGroupsApi, [0, 5], ({ statesFilter, typesFilter }, { cluster, node }) => {
  const isAsked = (filter: readonly string[], value: string): boolean =>
    filter.length === 0 || filter.some((wanted) => wanted.toLowerCase() === value.toLowerCase());
  const groups = [...cluster.groups.groups()].filter(
    (group) => group.node === node && isAsked(statesFilter, group.state) && isAsked(typesFilter, groupType),
  );
  return {
    errorCode: brokerErrorCodes.NONE,
    groups: groups.map(({ groupId, protocolType, state }) => ({ groupId, protocolType: protocolType ?? '', groupState: state, groupType })),
  };
});
