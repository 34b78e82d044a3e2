/** DeleteTopics: by name, from 6 on by id too. */
import { brokerErrorCodes, deleteTopicsApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import { findTopic, zeroUuid } from './partition-lookup.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const deleteTopics: RequestHandler = requestHandler(deleteTopicsApi, [1, 6], handle);

type TopicAnswer = ResponseInputOf<typeof deleteTopicsApi>['responses'][number];

function handle(request: RequestOf<typeof deleteTopicsApi>, context: RequestContext): ResponseInputOf<typeof deleteTopicsApi> {
  const asked = context.version < 6 ? request.topicNames.map((name) => ({ name, topicId: zeroUuid })) : request.topics;
  return { throttleTimeMs: 0, responses: asked.map(({ name, topicId }) => remove(context, name, topicId)) };
}

function remove({ cluster }: RequestContext, name: string | null, topicId: string): TopicAnswer {
  const { topic, unknownCode } = findTopic(cluster, name === null ? { topicId } : { name });
  if (topic === undefined)
    return {
      name,
      topicId,
      errorCode: unknownCode,
      errorMessage: name === null ? 'This server does not host this topic ID.' : 'This server does not host this topic-partition.',
    };
  cluster.deleteTopic(topic);
  return { name: topic.name, topicId: topic.id, errorCode: brokerErrorCodes.NONE };
}
