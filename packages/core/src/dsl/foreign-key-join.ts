/**
 * The join of two tables by a foreign key: nodes, topics, stores and names. The left side subscribes to the foreign key where its row lives; whoever subscribed is
 * answered when either side changes. Kafka Streams: `KTableImpl.doJoinOnForeignKey`.
 */
import { checkOptions, isFunction, type OptionChecks } from '../option-checks.ts';
import { StreamsError } from '../errors.ts';
import { AnswerSubscribers } from '../operators/foreign-key/answer-subscribers.ts';
import { AnswerSubscription } from '../operators/foreign-key/answer-subscription.ts';
import type { ForeignKeyJoin } from '../operators/foreign-key/join.ts';
import { ReceiveSubscription } from '../operators/foreign-key/receive-subscription.ts';
import { type ForeignKeyJoiner, ResolveResponse } from '../operators/foreign-key/resolve-response.ts';
import { type Response, ResponseSerde } from '../operators/foreign-key/response.ts';
import { SendSubscription } from '../operators/foreign-key/send-subscription.ts';
import { SubscriptionSerde } from '../operators/foreign-key/subscription.ts';
import { requireFunction, type Mapper } from '../operators/functions.ts';
import { tableSource } from '../operators/table-source.ts';
import { chosenPartitions } from '../processor/chosen-partitions.ts';
import type { StreamPartitioner } from '../processor/processor.ts';
import { bytesSerde } from '../serde/bytes-serde.ts';
import type { Serde } from '../serde/serde.ts';
import { SourceLineage } from '../topology/table-lineage.ts';
import type { BuildContext, TablePlace } from './build-context.ts';
import type { KTable } from './ktable.ts';
import { describeProcessor } from './processor-node.ts';
import { storeOptions, type TableOptions, tableOptions, tableStore } from './store-options.ts';

/** Options of a foreign-key join. Kafka Streams: `TableJoined` and `Materialized`. */
export interface ForeignKeyJoinOptions<K, KO, R> extends TableOptions<K, R> {
  /**
   * How the left table's topic is partitioned, if not by murmur2 of the key: chooses where answers go. Exactly one partition; the value is always null.
   *
   * @default answers go to the partition that asked
   */
  readonly partitioner?: StreamPartitioner<K, null> | undefined;
  /** How the other table's topic is partitioned, if not by murmur2 of the key. Exactly one partition; the value is always null. */
  readonly otherPartitioner?: StreamPartitioner<KO, null> | undefined;
}

const foreignKeyJoinOptions: OptionChecks<ForeignKeyJoinOptions<never, never, never>> = {
  ...tableOptions,
  partitioner: isFunction,
  otherPartitioner: isFunction,
};

const prefixes = {
  registration: 'KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-',
  store: 'KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-',
  processor: 'KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-',
  response: 'KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-',
  resolver: 'KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-',
  output: 'KTABLE-FK-JOIN-OUTPUT-',
} as const;

/** @throws MR_SERDE_MISSING if a key or a value that goes through the join's topics has no serde. */
export function joinByForeignKey<K, V, KO, VO, R>(
  left: TablePlace<K, V>,
  right: TablePlace<KO, VO>,
  foreignKey: Mapper<K, V, KO | null | undefined>,
  joiner: ForeignKeyJoiner<K, V, VO, R>,
  options: ForeignKeyJoinOptions<K, KO, R>,
  isLeft: boolean,
): KTable<K, R> {
  requireFunction(foreignKey, 'the extractor of the foreign key');
  requireFunction(joiner, 'the joiner');
  checkOptions(options, foreignKeyJoinOptions, 'join');
  const { context } = left;
  const { graph, names } = context;
  const { name } = options;
  const isNameGenerated = name === undefined;
  right.lineage.requireOldValues(true);
  left.lineage.requireOldValues(true);

  const subscriptionTopic = `${names.suffixed(name, '-subscription-registration', prefixes.registration)}-topic`;
  const sendName = names.suffixed(name, '-subscription-registration-processor', prefixes.registration);
  const subscriptionSinkName = names.suffixed(name, '-subscription-registration-sink', 'KTABLE-SINK-');
  const subscriptionSourceName = names.suffixed(name, '-subscription-registration-source', 'KTABLE-SOURCE-');
  const subscriptionStore = names.suffixed(name, '-subscription-store', prefixes.store);
  const receiveName = names.suffixed(name, '-subscription-receive', prefixes.processor);
  const answerSubscriptionName = names.suffixed(name, '-subscription-join-foreign', prefixes.processor);
  const answerSubscribersName = names.suffixed(name, '-foreign-join-subscription', prefixes.processor);
  const responseTopic = `${names.suffixed(name, '-subscription-response', prefixes.response)}-topic`;
  const responseSinkName = names.suffixed(name, '-subscription-response-sink', 'KTABLE-SINK-');
  const responseSourceName = names.suffixed(name, '-subscription-response-source', 'KTABLE-SOURCE-');
  const resolverName = names.suffixed(name, '-subscription-response-resolver', prefixes.resolver);

  const join: ForeignKeyJoin<K, V, KO> = {
    isLeft,
    subscriptionTopic,
    subscriptionStore,
    primaryKey: known(left.keySerde, context, 'key', 'the left table', sendName),
    primaryValue: known(left.valueSerde, context, 'value', 'the left table', sendName),
    foreignKey: known(right.keySerde, context, 'key', 'the other table', sendName),
  };
  const responseSerde = new ResponseSerde(known(right.valueSerde, context, 'value', 'the other table', sendName));
  const keyTopic = `${subscriptionTopic}-pk`;

  const send = graph.add(
    describeProcessor(sendName, () => new SendSubscription(join, foreignKey)),
    left.graphNode,
  );
  const subscriptionSink = graph.add(
    {
      kind: 'internalSink',
      name: subscriptionSinkName,
      topic: subscriptionTopic,
      keySerde: join.foreignKey,
      valueSerde: new SubscriptionSerde(join.primaryKey, { topic: subscriptionTopic, keyTopic }),
      partitioner: options.otherPartitioner === undefined ? undefined : byKeyAlone(options.otherPartitioner),
      isNameGenerated,
    },
    send,
  );
  const subscriptionSource = graph.add(
    {
      kind: 'internalSource',
      name: subscriptionSourceName,
      topic: subscriptionTopic,
      keySerde: join.foreignKey,
      valueSerde: new SubscriptionSerde(join.primaryKey, { topic: subscriptionTopic, keyTopic }),
      copartitionedWith: right.sources,
    },
    subscriptionSink,
  );
  graph.add({
    kind: 'store',
    name: subscriptionStore,
    store: {
      kind: 'keyValue',
      name: subscriptionStore,
      timestamped: true,
      persistence: context.persistence,
      caching: false,
      logging: {},
      logsHeaders: true,
      keySerde: bytesSerde,
      valueSerde: new SubscriptionSerde(join.primaryKey, { topic: `${subscriptionStore}-changelog`, keyTopic }),
    },
    isNameGenerated,
  });
  const receive = graph.add(
    describeProcessor(receiveName, () => new ReceiveSubscription(join), [subscriptionStore]),
    subscriptionSource,
  );
  const openRight = right.lineage.openReader<KO, VO>();
  const answerSubscription = graph.add(
    describeProcessor(answerSubscriptionName, () => new AnswerSubscription<K, KO, VO>(openRight), right.lineage.requireReadable()),
    receive,
  );
  const answerSubscribers = graph.add(
    describeProcessor(answerSubscribersName, () => new AnswerSubscribers<K, V, KO, VO>(join), [subscriptionStore]),
    right.graphNode,
  );
  const responseSink = graph.add(
    {
      kind: 'internalSink',
      name: responseSinkName,
      topic: responseTopic,
      keySerde: join.primaryKey,
      valueSerde: responseSerde,
      partitioner: options.partitioner === undefined ? toSubscriber : byKeyAlone(options.partitioner),
      isNameGenerated,
    },
    answerSubscription,
    answerSubscribers,
  );
  const responseSource = graph.add(
    {
      kind: 'internalSource',
      name: responseSourceName,
      topic: responseTopic,
      keySerde: join.primaryKey,
      valueSerde: responseSerde,
      copartitionedWith: left.sources,
    },
    responseSink,
  );
  const openLeft = left.lineage.openReader<K, V>();
  const resolver = graph.add(
    describeProcessor(resolverName, () => new ResolveResponse<K, V, KO, VO, R>(join, openLeft, joiner), left.lineage.requireReadable()),
    responseSource,
  );
  return describeResult(left, options, new Set([...left.sources, responseSourceName]), resolver);
}

function describeResult<K, V, R>(
  left: TablePlace<K, V>,
  options: TableOptions<K, R>,
  sources: ReadonlySet<string>,
  resolver: TablePlace<K, V>['graphNode'],
): KTable<K, R> {
  const { context } = left;
  const { graph, names, persistence } = context;
  const name = names.suffixed(options.name, '-result', prefixes.output);
  const store = storeOptions(options.store);
  const storeName = store?.name ?? names.store(prefixes.output);
  const keySerde = store?.key ?? left.keySerde;
  const valueSerde = store?.value;
  const lineage = new SourceLineage(storeName, store?.name !== undefined);
  const graphNode = graph.add(
    {
      kind: 'tableProcessor',
      name,
      lineage,
      create: tableSource<K, R>(prefixes.output).create,
      store: tableStore(storeName, { ...store, key: keySerde, value: valueSerde }, persistence),
      stores: [],
    },
    resolver,
  );
  return context.table({ context, name, graphNode, keySerde, valueSerde, sources, lineage, queryableStoreName: store?.name });
}

function known<T>(serde: Serde<T> | undefined, context: BuildContext, role: 'key' | 'value', whose: string, node: string): Serde<T> {
  const { keySerde, valueSerde } = context.defaults;
  // The builder's serdes are those of all types that nobody gave a serde for.
  const found = serde ?? ((role === 'key' ? keySerde : valueSerde) as Serde<T> | undefined);
  if (found !== undefined) return found;
  throw new StreamsError(
    'MR_SERDE_MISSING',
    `the foreign-key join "${node}" needs the ${role} serde of ${whose}: give { key, value } to the table, or defaults to new StreamsBuilder({ key, value })`,
    { details: { node } },
  );
}

/** Back to where the subscription came from. */
const toSubscriber: StreamPartitioner<unknown, unknown> = (_key, response) =>
  // The sink that this is the partitioner of writes responses.
  (response as Response<unknown>).primaryPartition;

/** @throws MR_ARGUMENT_INVALID from the partitioner, unless it names exactly one partition: a subscription has one place; MR_ASYNC_RESULT for a promise. */
function byKeyAlone<K>(partitioner: StreamPartitioner<K, null>): StreamPartitioner<K, unknown> {
  return (key, _value, topic, partitions) => {
    const chosen = partitioner(key, null, topic, partitions);
    if (chosen === undefined || typeof chosen === 'number') return chosen;
    const several = chosenPartitions(chosen, 'a partitioner of a foreign-key join', { topic });
    // The sink checks what the one is.
    if (several.length === 1) return several as readonly number[];
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `a partitioner of a foreign-key join must choose exactly one partition of ${topic}, got ${several.length}`,
      { details: { topic } },
    );
  };
}
