/** Whether the node that was asked coordinates the group. */
import { brokerErrorCodes } from '@millrace/kafka/protocol';
import type { RequestContext } from './request-handler.ts';

/** 0, or the error that sends the client to look for the coordinator. */
export function coordinatorError({ cluster, node }: RequestContext, groupId: string): number {
  return cluster.coordinator(groupId) === node ? brokerErrorCodes.NONE : brokerErrorCodes.NOT_COORDINATOR;
}
