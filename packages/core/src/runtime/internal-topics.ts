/**
 * Makes the internal topics and checks those that exist: partition counts always, and the settings on which correctness rests (IT-04, IT-05). Any number of instances
 * may do it at once: that a topic exists already is success. Kafka Streams: `InternalTopicManager`.
 */
import { ClientError, StreamsError } from '../errors.ts';
import type { ClusterAdmin, TopicDescription, TopicSpec } from '../kafka/port.ts';
import type { Logger } from '../log.ts';
import { type Clock, sleep } from '../time.ts';
import type { InternalTopicPlan } from '../topology/plan.ts';
import type { ApplicationTopics } from './application-topics.ts';
import type { PartitionCounts } from './partition-counts.ts';
import { retrying } from './retry.ts';

export interface InternalTopicsContext {
  readonly admin: ClusterAdmin;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long topics may take to appear, or to disappear while they are being deleted. */
  readonly timeoutMs: number;
  readonly replicationFactor: number;
  /** Settings of the application for all its internal topics; those of a store or repartition come first. */
  readonly topicConfigs: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

const pauseMs = 100;

/** What Kafka Streams creates these topics with, for telling a default from a user's choice. */
const defaults: Readonly<Record<InternalTopicPlan['kind'], Readonly<Record<string, string>>>> = {
  repartition: { 'segment.bytes': '52428800', 'message.timestamp.type': 'CreateTime' },
  changelog: { 'message.timestamp.type': 'CreateTime' },
};

/**
 * Returns a description of every internal topic that the counts name, once all exist with these counts.
 *
 * @throws MR_INTERNAL_TOPIC_INVALID for a wrong partition count or setting, and for a topic that cannot be made
 */
export async function ensureInternalTopics(
  topics: ApplicationTopics,
  counts: PartitionCounts,
  context: InternalTopicsContext,
): Promise<ReadonlyMap<string, TopicDescription>> {
  const { admin, clock, signal } = context;
  const wanted = [...counts.internal.keys()];
  const ready = new Map<string, TopicDescription>();
  if (wanted.length === 0) return ready;
  const deadline = clock.monotonic() + context.timeoutMs;
  const created = new Set<string>();
  let lastRefusal: ClientError | undefined;
  for (;;) {
    const open = wanted.filter((name) => !ready.has(name));
    const described = await retrying('describe internal topics', context, () => admin.describeTopics(open));
    const absent: string[] = [];
    for (const name of open) {
      const description = described.get(name);
      if (description === undefined) absent.push(name);
      else {
        checkPartitions(description, counts.internal.get(name) as number);
        ready.set(name, description);
      }
    }
    if (absent.length === 0) break;
    if (clock.monotonic() >= deadline || signal?.aborted === true) throw notMade(absent, context.timeoutMs, lastRefusal);

    // A topic that was created but is not listed yet only needs time.
    const toCreate = absent.filter((name) => !created.has(name));
    if (toCreate.length > 0) {
      const specs = toCreate.map((name) => specOf(name, topics, counts, context));
      const results = await retrying('create internal topics', context, () => admin.createTopics(specs));
      for (const name of toCreate) {
        const result = results.get(name);
        if (result instanceof ClientError) {
          if (result.kind !== 'retriable') throw notMade([name], context.timeoutMs, result);
          lastRefusal = result;
        } else if (result === 'created') created.add(name);
      }
    }
    await sleep(clock, pauseMs, signal);
  }
  const existing = wanted.filter((name) => !created.has(name));
  if (existing.length > 0) await checkConfigs(existing, topics, context);
  return ready;
}

function specOf(name: string, topics: ApplicationTopics, counts: PartitionCounts, context: InternalTopicsContext): TopicSpec {
  const plan = topics.internal.get(name) as InternalTopicPlan;
  const standard = defaults[plan.kind];
  const configs: Record<string, string> = { ...context.topicConfigs };
  for (const [key, value] of Object.entries(plan.configs)) if (!(key in configs) || value !== standard[key]) configs[key] = value;
  return { name, partitions: counts.internal.get(name) as number, replicationFactor: context.replicationFactor, configs };
}

function checkPartitions(description: TopicDescription, wanted: number): void {
  if (description.partitions === wanted) return;
  throw new StreamsError(
    'MR_INTERNAL_TOPIC_INVALID',
    `internal topic ${description.name} has ${description.partitions} partitions and needs ${wanted}, as the topics upstream have. If those grew, reset the application ` +
      '(delete its internal topics and local state) or go on under another application id: keys would change their partition and leave their state behind',
    { details: { topic: description.name, partitions: description.partitions, wanted } },
  );
}

async function checkConfigs(names: readonly string[], topics: ApplicationTopics, context: InternalTopicsContext): Promise<void> {
  const configs = await retrying('read settings of internal topics', context, () => context.admin.topicConfigs(names));
  for (const name of names) {
    const actual = configs.get(name);
    // Deleted since: whoever uses it next finds out.
    if (actual === undefined) continue;
    const plan = topics.internal.get(name) as InternalTopicPlan;
    const problem = configProblem(plan, actual);
    if (problem === undefined) continue;
    throw new StreamsError(
      'MR_INTERNAL_TOPIC_INVALID',
      `internal topic ${name}: ${problem.text}. Change it with kafka-configs --alter, or delete the topic if its data may go`,
      {
        details: { topic: name, config: problem.key, actual: problem.actual },
      },
    );
  }
}

interface ConfigProblem {
  readonly key: string;
  readonly actual: string;
  readonly text: string;
}

/** What is wrong with the settings of an existing internal topic; undefined if nothing is. A setting that the broker does not tell is not judged. */
export function configProblem(plan: InternalTopicPlan, actual: ReadonlyMap<string, string>): ConfigProblem | undefined {
  const cleanup = (actual.get('cleanup.policy') ?? '').split(',').map((policy) => policy.trim());
  const cleanupProblem = (text: string): ConfigProblem => ({ key: 'cleanup.policy', actual: cleanup.join(','), text });
  const wantedCleanup = plan.configs['cleanup.policy'] ?? (plan.kind === 'repartition' ? 'delete' : 'compact');

  if (plan.kind === 'repartition') {
    if (cleanup.includes('compact'))
      return cleanupProblem('cleanup.policy must not contain compact, which would drop records that nobody has read yet');
    if (!cleanup.includes('delete')) return undefined;
    const retention = actual.get('retention.ms');
    if (retention !== undefined && retention !== (plan.configs['retention.ms'] ?? '-1')) {
      return {
        key: 'retention.ms',
        actual: retention,
        text: `retention.ms is ${retention} and must be ${plan.configs['retention.ms'] ?? '-1'}: records that nobody has read yet would expire`,
      };
    }
    return bytesProblem(plan, actual);
  }
  if (!wantedCleanup.includes('delete') && cleanup.includes('delete'))
    return cleanupProblem('cleanup.policy must not contain delete, which would drop rows of the store');
  if (cleanup.includes('delete')) {
    const retention = Number(actual.get('retention.ms') ?? '-1');
    const wanted = plan.acceptedRetentionMs ?? Number(plan.configs['retention.ms'] ?? '0');
    if (retention !== -1 && retention < wanted) {
      return {
        key: 'retention.ms',
        actual: String(retention),
        text: `retention.ms is ${retention} and must be at least ${wanted}: windows that are still open would expire`,
      };
    }
    const bytes = bytesProblem(plan, actual);
    if (bytes !== undefined) return bytes;
  }
  const wantedLag = plan.configs['min.compaction.lag.ms'];
  const lag = actual.get('min.compaction.lag.ms');
  if (wantedLag !== undefined && lag !== undefined && Number(lag) < Number(wantedLag)) {
    return {
      key: 'min.compaction.lag.ms',
      actual: lag,
      text: `min.compaction.lag.ms is ${lag} and must be at least ${wantedLag}: versions in the store's history would be compacted away`,
    };
  }
  return undefined;
}

function bytesProblem(plan: InternalTopicPlan, actual: ReadonlyMap<string, string>): ConfigProblem | undefined {
  const bytes = actual.get('retention.bytes');
  if (bytes === undefined || bytes === '-1' || bytes === '' || bytes === plan.configs['retention.bytes']) return undefined;
  return { key: 'retention.bytes', actual: bytes, text: `retention.bytes is ${bytes} and must not be set: it would drop data by size` };
}

function notMade(names: readonly string[], timeoutMs: number, cause: ClientError | undefined): StreamsError {
  const reason = cause === undefined ? `they did not appear within ${timeoutMs} ms` : cause.message;
  return new StreamsError(
    'MR_INTERNAL_TOPIC_INVALID',
    `internal topics ${names.join(', ')} could not be made: ${reason}. Check that the application may create topics and that replicationFactor fits the cluster`,
    { details: { topic: names[0] }, cause },
  );
}
