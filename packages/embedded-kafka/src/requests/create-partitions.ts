/** CreatePartitions. */
import { brokerErrorCodes, createPartitionsApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const createPartitions: RequestHandler = requestHandler(createPartitionsApi, [0, 3], handle);

function handle(request: RequestOf<typeof createPartitionsApi>, { cluster }: RequestContext): ResponseInputOf<typeof createPartitionsApi> {
  const results = request.topics.map(({ name, count, assignments }) => {
    const topic = cluster.topic(name);
    if (topic === undefined)
      return {
        name,
        errorCode: brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION,
        errorMessage: 'This server does not host this topic-partition.',
      };
    const replicas = assignments?.map(({ brokerIds }) => brokerIds) ?? null;
    const fault = cluster.growTopic(topic, count, replicas, request.validateOnly);
    return { name, errorCode: fault?.errorCode ?? brokerErrorCodes.NONE, errorMessage: fault?.message ?? null };
  });
  return { throttleTimeMs: 0, results };
}
