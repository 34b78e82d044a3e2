/** DescribeCluster. */
import { brokerErrorCodes, describeClusterApi } from '@millrace/kafka/protocol';
import { requestHandler, type RequestHandler } from './request-handler.ts';

const brokerEndpoints = 1;

export const describeCluster: RequestHandler = requestHandler(describeClusterApi, [0, 2], (request, { cluster, version }) => {
  const common = { throttleTimeMs: 0, clusterId: cluster.clusterId, controllerId: cluster.controller };
  if (request.endpointType !== brokerEndpoints) {
    const errorMessage = 'The request was sent to an endpoint of the wrong type: this is a broker.';
    return { ...common, errorCode: brokerErrorCodes.MISMATCHED_ENDPOINT_TYPE, errorMessage, brokers: [] };
  }
  const shown = [...cluster.brokers.values()].filter(({ isUp }) => isUp || request.includeFencedBrokers);
  const brokers = shown.map(({ id, host, port, isUp }) => ({ brokerId: id, host, port, ...(version < 2 ? {} : { isFenced: !isUp }) }));
  return { ...common, errorCode: brokerErrorCodes.NONE, brokers };
});
