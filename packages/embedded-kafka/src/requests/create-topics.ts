/** CreateTopics. Any broker takes it, as in KRaft. */
import { brokerErrorCodes, createTopicsApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import { topicConfigDefinitions } from '../cluster/topic-configs.ts';
import type { Topic } from '../cluster/topic.ts';
import { configSource } from './config-entries.ts';
import { zeroUuid } from './partition-lookup.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const createTopics: RequestHandler = requestHandler(createTopicsApi, [2, 7], handle);

type Asked = RequestOf<typeof createTopicsApi>['topics'][number];
type TopicAnswer = ResponseInputOf<typeof createTopicsApi>['topics'][number];

function handle(request: RequestOf<typeof createTopicsApi>, context: RequestContext): ResponseInputOf<typeof createTopicsApi> {
  const names = request.topics.map(({ name }) => name);
  const isTwice = (name: string): boolean => names.indexOf(name) !== names.lastIndexOf(name);
  const answers = new Map<string, TopicAnswer>();
  for (const asked of request.topics) {
    const answer = isTwice(asked.name)
      ? refused(asked.name, brokerErrorCodes.INVALID_REQUEST, 'Duplicate topic name.')
      : create(asked, context, request.validateOnly);
    answers.set(asked.name, answer);
  }
  return { throttleTimeMs: 0, topics: [...answers.values()] };
}

function create(asked: Asked, { cluster }: RequestContext, validateOnly: boolean): TopicAnswer {
  const assignments = assignmentsOf(asked);
  if (assignments === undefined) {
    return refused(asked.name, brokerErrorCodes.INVALID_REPLICA_ASSIGNMENT, 'partitions should be a consecutive 0-based integer sequence');
  }
  const made = cluster.createTopic(
    {
      name: asked.name,
      partitions: asked.numPartitions,
      replicationFactor: asked.replicationFactor,
      assignments,
      configs: asked.configs.map(({ name, value }) => [name, value] as const),
    },
    { validateOnly },
  );
  if ('errorCode' in made) return refused(asked.name, made.errorCode, made.message);
  return {
    name: made.name,
    topicId: validateOnly ? zeroUuid : made.id,
    errorCode: brokerErrorCodes.NONE,
    errorMessage: null,
    numPartitions: made.partitions.length,
    replicationFactor: made.partitions[0]?.replicas.length ?? -1,
    configs: configsOf(made),
  };
}

/** Replicas in the order of partitions; undefined if partitions are missing. */
function assignmentsOf({ assignments }: Asked): readonly (readonly number[])[] | undefined {
  const ordered = [...assignments].sort((a, b) => a.partitionIndex - b.partitionIndex);
  return ordered.every(({ partitionIndex }, index) => partitionIndex === index) ? ordered.map(({ brokerIds }) => brokerIds) : undefined;
}

function configsOf(topic: Topic): NonNullable<TopicAnswer['configs']> {
  return Object.keys(topicConfigDefinitions).map((name) => ({
    name,
    value: topic.configs.get(name),
    readOnly: false,
    configSource: configSource(topic.configs, name),
    isSensitive: false,
  }));
}

function refused(name: string, errorCode: number, errorMessage: string): TopicAnswer {
  return { name, topicId: zeroUuid, errorCode, errorMessage, configs: [] };
}
