/**
 * FindCoordinator: the broker that coordinates a group. Transactions are not emulated: asked for
 * their coordinator, it answers with the one code that every client takes as final at this place.
 */
import { brokerErrorCodes, findCoordinatorApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const findCoordinator: RequestHandler = requestHandler(findCoordinatorApi, [0, 6], handle);

type Coordinator = NonNullable<ResponseInputOf<typeof findCoordinatorApi>['coordinators']>[number];

const groupType = 0;

function handle(request: RequestOf<typeof findCoordinatorApi>, context: RequestContext): ResponseInputOf<typeof findCoordinatorApi> {
  if (context.version >= 4) {
    return { coordinators: request.coordinatorKeys.map((key) => find(key, request.keyType, context)) };
  }
  const { errorCode, errorMessage, nodeId, host, port } = find(request.key, request.keyType, context);
  return { errorCode, errorMessage, nodeId, host, port };
}

function find(key: string, keyType: number, { cluster }: RequestContext): Coordinator {
  const none = { key, nodeId: -1, host: '', port: -1 };
  if (keyType !== groupType) {
    return {
      ...none,
      errorCode: brokerErrorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      errorMessage: 'This cluster coordinates groups only: transactions and share groups are not emulated.',
    };
  }
  if (key === '') return { ...none, errorCode: brokerErrorCodes.INVALID_GROUP_ID, errorMessage: 'The group id must not be empty.' };
  const broker = cluster.brokers.get(cluster.coordinator(key));
  if (broker === undefined) return { ...none, errorCode: brokerErrorCodes.COORDINATOR_NOT_AVAILABLE, errorMessage: 'No broker is up.' };
  return { key, nodeId: broker.id, host: broker.host, port: broker.port, errorCode: brokerErrorCodes.NONE, errorMessage: null };
}
