/** AlterConfigs: replaces all settings that a topic has of its own. */
import { alterConfigsApi, brokerErrorCodes } from '@millrace/kafka/protocol';
import type { Cluster } from '../cluster/cluster.ts';
import { configsFault, type Refusal } from '../cluster/topic-rules.ts';
import { alterable } from './config-entries.ts';
import { requestHandler, type RequestHandler } from './request-handler.ts';

export const alterConfigs: RequestHandler = requestHandler(alterConfigsApi, [0, 2], (request, { cluster }) => ({
  throttleTimeMs: 0,
  responses: request.resources.map(({ resourceType, resourceName, configs }) => {
    const fault = replace(cluster, resourceType, resourceName, configs, request.validateOnly);
    return { errorCode: fault?.errorCode ?? brokerErrorCodes.NONE, errorMessage: fault?.message ?? null, resourceType, resourceName };
  }),
}));

function replace(
  cluster: Cluster,
  resourceType: number,
  resourceName: string,
  configs: readonly { readonly name: string; readonly value: string | null }[],
  validateOnly: boolean,
): Refusal | undefined {
  const topic = alterable(cluster, resourceType, resourceName);
  if ('errorCode' in topic) return topic;
  const fault = configsFault(configs.map(({ name, value }) => [name, value] as const));
  if (fault === undefined && !validateOnly) cluster.configureTopic(topic, new Map(configs.map(({ name, value }) => [name, value ?? ''])));
  return fault;
}
