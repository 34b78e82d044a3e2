/** A client factory whose clients tell a lock what they read and write, and that wait by the machine's clock whatever clock the application has. */
import { type ClientFactory, type ClusterAdmin, type RecordProducer, type StreamsClient, systemClock } from '@millrace/core/kafka';
import type { Lock } from './lock.ts';
import { LockedReader } from './locked-reader.ts';

/** What the clients were asked for. */
export interface LockedClients {
  readonly factory: ClientFactory;
  /** The readers of inputs and of global stores. */
  readonly readers: ReadonlySet<LockedReader>;
}

/** Times of cases lie decades back: what brokers delete by age would go at once. */
const lastingConfigs = { 'retention.ms': '-1', 'segment.ms': `${Number.MAX_SAFE_INTEGER}` };

/** `hasWork`: tasks hold records that they have not processed. */
export function lockedClients(factory: ClientFactory, lock: Lock, hasWork: () => boolean): LockedClients {
  const readers = new Set<LockedReader>();
  const locked = (client: StreamsClient): StreamsClient => ({
    clock: client.clock,
    connect: (options) => client.connect(options),
    admin: () => lastingTopics(client.admin()),
    reader: (options) => {
      const inner = client.reader(options);
      if (options.role === 'restore') return inner;
      const reader = new LockedReader(inner, lock, options.role === 'main' ? hasWork : () => false);
      readers.add(reader);
      return reader;
    },
    member: (options, handler) => client.member(options, handler),
    producer: (options) => lockedProducer(client.producer(options), lock),
    close: () => client.close(),
  });
  return { factory: { create: (context) => locked(factory.create({ ...context, clock: systemClock })) }, readers };
}

function lastingTopics(admin: ClusterAdmin): ClusterAdmin {
  return {
    describeTopics: (names) => admin.describeTopics(names),
    listTopics: () => admin.listTopics(),
    createTopics: (topics) => admin.createTopics(topics.map((topic) => ({ ...topic, configs: { ...topic.configs, ...lastingConfigs } }))),
    topicConfigs: (names) => admin.topicConfigs(names),
    listOffsets: (queries, options) => admin.listOffsets(queries, options),
    deleteRecords: (before) => admin.deleteRecords(before),
    deleteTopics: (names) => admin.deleteTopics(names),
    groupOffsets: (groupId, tps) => admin.groupOffsets(groupId, tps),
  };
}

function lockedProducer(producer: RecordProducer, lock: Lock): RecordProducer {
  return {
    partitionCount: (topic) => producer.partitionCount(topic),
    partition: (topic, partition) => {
      const output = producer.partition(topic, partition);
      lock.noteOutput(output);
      return output;
    },
    get bufferedBytes() {
      return producer.bufferedBytes;
    },
    get full() {
      return producer.full;
    },
    lookUp: (topics, options) => producer.lookUp(topics, options),
    send: () => producer.send(),
    drained: () => producer.drained(),
    flush: () => producer.flush(),
    close: (options) => producer.close(options),
  };
}
