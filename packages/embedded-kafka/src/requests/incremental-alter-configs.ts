/** IncrementalAlterConfigs: changes single settings of a topic, all of a resource or none. */
import { brokerErrorCodes, incrementalAlterConfigsApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Cluster } from '../cluster/cluster.ts';
import { listElements, type TopicConfigs, topicConfigDefinitions } from '../cluster/topic-configs.ts';
import { configsFault, type Refusal } from '../cluster/topic-rules.ts';
import { alterable } from './config-entries.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const incrementalAlterConfigs: RequestHandler = requestHandler(incrementalAlterConfigsApi, [0, 1], handle);

type Resource = RequestOf<typeof incrementalAlterConfigsApi>['resources'][number];
type Change = Resource['configs'][number];

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

function handle(
  request: RequestOf<typeof incrementalAlterConfigsApi>,
  { cluster }: RequestContext,
): ResponseInputOf<typeof incrementalAlterConfigsApi> {
  const responses = request.resources.map((resource) => {
    const fault = alter(cluster, resource, request.validateOnly);
    const { resourceType, resourceName } = resource;
    return { errorCode: fault?.errorCode ?? brokerErrorCodes.NONE, errorMessage: fault?.message ?? null, resourceType, resourceName };
  });
  return { throttleTimeMs: 0, responses };
}

function alter(cluster: Cluster, { resourceType, resourceName, configs }: Resource, validateOnly: boolean): Refusal | undefined {
  const topic = alterable(cluster, resourceType, resourceName);
  if ('errorCode' in topic) return topic;
  const names = configs.map(({ name }) => name);
  if (new Set(names).size !== names.length)
    return { errorCode: brokerErrorCodes.INVALID_REQUEST, message: 'Error due to duplicate config keys' };
  const own = new Map(topic.configs.own);
  for (const change of configs) {
    const fault = apply(own, topic.configs, change);
    if (fault !== undefined) return fault;
  }
  const fault = configsFault(names.flatMap((name) => (own.has(name) ? [[name, own.get(name) ?? null] as const] : [])));
  if (fault === undefined && !validateOnly) cluster.configureTopic(topic, own);
  return fault;
}

function apply(own: Map<string, string>, configs: TopicConfigs, { name, configOperation, value }: Change): Refusal | undefined {
  if (configOperation === operations.delete) {
    own.delete(name);
    return undefined;
  }
  if (value === null) return { errorCode: brokerErrorCodes.INVALID_REQUEST, message: `Null value not supported for : ${name}` };
  if (configOperation === operations.set) {
    own.set(name, value);
    return undefined;
  }
  if (configOperation !== operations.append && configOperation !== operations.subtract) {
    return { errorCode: brokerErrorCodes.INVALID_REQUEST, message: `Unknown operation type ${configOperation}` };
  }
  if (topicConfigDefinitions[name]?.type !== 'list') {
    return {
      errorCode: brokerErrorCodes.INVALID_CONFIG,
      message: `Config value append and subtract are not allowed for config key: ${name}`,
    };
  }
  const before = listElements(own.get(name) ?? configs.default(name));
  const given = listElements(value);
  const after =
    configOperation === operations.append ? [...new Set([...before, ...given])] : before.filter((element) => !given.includes(element));
  own.set(name, after.join(','));
  return undefined;
}
