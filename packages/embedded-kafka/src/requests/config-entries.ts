/** What requests about settings have in common: resources, and where a setting comes from, in the numbers of the protocol. */
import { brokerErrorCodes } from '@millrace/kafka/protocol';
import type { Cluster } from '../cluster/cluster.ts';
import type { Topic } from '../cluster/topic.ts';
import type { Refusal } from '../cluster/topic-rules.ts';
import type { TopicConfigs } from '../cluster/topic-configs.ts';

export const topicResource = 2;
export const brokerResource = 4;

const topicSource = 1;
/** A default, of Kafka or of this cluster. */
export const defaultSource = 5;

export function configSource(configs: TopicConfigs, name: string): number {
  return configs.own.has(name) ? topicSource : defaultSource;
}

/** Why there is no such resource, or none whose settings are emulated. */
export function resourceFault(resourceType: number, resourceName: string): Refusal {
  if (resourceType === topicResource) {
    return { errorCode: brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, message: `The topic '${resourceName}' does not exist.` };
  }
  if (resourceType === brokerResource)
    return { errorCode: brokerErrorCodes.INVALID_REQUEST, message: `There is no broker ${resourceName}.` };
  return {
    errorCode: brokerErrorCodes.INVALID_REQUEST,
    message: `Settings of resources of type ${resourceType} are not emulated by this cluster.`,
  };
}

/** The topic whose settings may be changed under this name; brokers have none that can be. */
export function alterable(cluster: Cluster, resourceType: number, resourceName: string): Topic | Refusal {
  if (resourceType === brokerResource) {
    return {
      errorCode: brokerErrorCodes.INVALID_REQUEST,
      message: 'Settings of brokers cannot be changed while this cluster runs: start it with other options.',
    };
  }
  const topic = resourceType === topicResource ? cluster.topic(resourceName) : undefined;
  return topic ?? resourceFault(resourceType, resourceName);
}
