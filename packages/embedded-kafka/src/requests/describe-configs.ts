/** DescribeConfigs: of topics, and of brokers what the cluster was started with. */
import { brokerErrorCodes, describeConfigsApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Cluster } from '../cluster/cluster.ts';
import type { Topic } from '../cluster/topic.ts';
import { configTypes, topicConfigDefinitions } from '../cluster/topic-configs.ts';
import { brokerResource, configSource, defaultSource, resourceFault, topicResource } from './config-entries.ts';
import { type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const describeConfigs: RequestHandler = requestHandler(describeConfigsApi, [1, 4], handle);

type Resource = RequestOf<typeof describeConfigsApi>['resources'][number];
type ResourceAnswer = ResponseInputOf<typeof describeConfigsApi>['results'][number];
type Entry = ResourceAnswer['configs'][number];

/** Set when the broker was started. */
const staticSource = 4;

function handle(request: RequestOf<typeof describeConfigsApi>, { cluster }: RequestContext): ResponseInputOf<typeof describeConfigsApi> {
  return { throttleTimeMs: 0, results: request.resources.map((resource) => describe(cluster, resource, request.includeSynonyms)) };
}

function describe(cluster: Cluster, resource: Resource, includeSynonyms: boolean): ResourceAnswer {
  const { resourceType, resourceName, configurationKeys } = resource;
  const isAsked = ({ name }: Entry): boolean => configurationKeys === null || configurationKeys.includes(name);
  const answer = (entries: readonly Entry[]): ResourceAnswer => ({
    errorCode: brokerErrorCodes.NONE,
    errorMessage: null,
    resourceType,
    resourceName,
    configs: entries.filter(isAsked),
  });
  if (resourceType === brokerResource) {
    // An empty name means the defaults for all brokers, of which none are set while running.
    if (resourceName === '') return answer([]);
    if (cluster.brokers.has(Number(resourceName))) return answer(brokerEntries(cluster, resourceName));
  }
  const topic = resourceType === topicResource ? cluster.topic(resourceName) : undefined;
  if (topic !== undefined) return answer(topicEntries(topic, includeSynonyms));
  const { errorCode, message } = resourceFault(resourceType, resourceName);
  return { errorCode, errorMessage: message, resourceType, resourceName, configs: [] };
}

function topicEntries({ configs }: Topic, includeSynonyms: boolean): Entry[] {
  return Object.entries(topicConfigDefinitions).map(([name, { type }]): Entry => {
    const source = configSource(configs, name);
    const own = configs.own.get(name);
    const synonyms = own === undefined ? [] : [{ name, value: own, source }];
    return {
      name,
      value: configs.get(name),
      readOnly: false,
      configSource: source,
      isSensitive: false,
      synonyms: includeSynonyms ? [...synonyms, { name, value: configs.default(name), source: defaultSource }] : [],
      configType: configTypes[type],
      documentation: null,
    };
  });
}

function brokerEntries({ settings }: Cluster, brokerId: string): Entry[] {
  const entries: readonly (readonly [name: string, value: number | boolean | string, type: keyof typeof configTypes])[] = [
    ['auto.create.topics.enable', settings.autoCreateTopics, 'boolean'],
    ['broker.id', brokerId, 'int'],
    ['default.replication.factor', settings.defaultReplicationFactor, 'int'],
    ['group.initial.rebalance.delay.ms', settings.groupInitialRebalanceDelayMs, 'int'],
    ['group.max.session.timeout.ms', settings.groupMaxSessionTimeoutMs, 'int'],
    ['group.max.size', settings.groupMaxSize, 'int'],
    ['group.min.session.timeout.ms', settings.groupMinSessionTimeoutMs, 'int'],
    ['log.cleaner.backoff.ms', settings.compactionIntervalMs, 'long'],
    ['log.retention.check.interval.ms', settings.retentionCheckIntervalMs, 'long'],
    ['node.id', brokerId, 'int'],
    ['num.partitions', settings.defaultPartitions, 'int'],
    ['offset.metadata.max.bytes', settings.offsetMetadataMaxBytes, 'int'],
    ['producer.id.expiration.ms', settings.producerIdExpirationMs, 'int'],
  ];
  return entries.map(([name, value, type]) => ({
    name,
    value: String(value),
    readOnly: true,
    configSource: staticSource,
    isSensitive: false,
    synonyms: [],
    configType: configTypes[type],
    documentation: null,
  }));
}
