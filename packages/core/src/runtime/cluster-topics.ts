/**
 * What the cluster has of the application's topics: waits for missing sources (bounded, never creating them), resolves patterns, computes counts and ensures internal
 * topics. Every instance does it before it joins, the leader again before it assigns; topics are never auto-created.
 */
import { StreamsError } from '../errors.ts';
import type { TopicDescription } from '../kafka/port.ts';
import { sleep } from '../time.ts';
import type { ApplicationTopics } from './application-topics.ts';
import { ensureInternalTopics, type InternalTopicsContext } from './internal-topics.ts';
import { computePartitionCounts, type PartitionCounts } from './partition-counts.ts';
import { retrying } from './retry.ts';
import { compareText } from './task-id.ts';

export interface ResolvedTopics {
  readonly counts: PartitionCounts;
  /** Topics that the sources read, repartition topics included, sorted. */
  readonly sources: readonly string[];
  /** By name, sources and internal topics. */
  readonly descriptions: ReadonlyMap<string, TopicDescription>;
}

const pauseMs = 250;

/**
 * @throws MR_SOURCE_TOPIC_MISSING if a source topic does not appear within `timeoutMs`
 * @throws MR_COPARTITION_MISMATCH, MR_INTERNAL_TOPIC_INVALID as described there
 */
export async function resolveTopics(topics: ApplicationTopics, context: InternalTopicsContext): Promise<ResolvedTopics> {
  const external = await describeSources(topics, context);
  const counts = computePartitionCounts(topics, new Map([...external].map(([name, description]) => [name, description.partitions])));
  const internal = await ensureInternalTopics(topics, counts, context);
  const sources = new Set<string>();
  for (const counted of counts.sources.values()) for (const topic of counted.keys()) sources.add(topic);
  return { counts, sources: [...sources].sort(compareText), descriptions: new Map([...external, ...internal]) };
}

/** What a change of would need another assignment: the sources with their counts and ids. */
export async function sourceSnapshot(topics: ApplicationTopics, context: InternalTopicsContext): Promise<string> {
  const described = await describeExternal(topics, context);
  return snapshotOf(described);
}

/** As {@link sourceSnapshot}, of what was resolved. */
export function snapshotOf(descriptions: ReadonlyMap<string, TopicDescription | undefined>): string {
  return [...descriptions]
    .filter(([, description]) => description !== undefined)
    .map(([name, description]) => `${name} ${description?.partitions ?? 0}`)
    .sort(compareText)
    .join('\n');
}

async function describeSources(topics: ApplicationTopics, context: InternalTopicsContext): Promise<ReadonlyMap<string, TopicDescription>> {
  const { clock, log, timeoutMs, signal } = context;
  const deadline = clock.monotonic() + timeoutMs;
  for (let waited = false; ; waited = true) {
    const described = await describeExternal(topics, context);
    const found = new Map<string, TopicDescription>();
    const missing: string[] = [];
    for (const [name, description] of described) {
      if (description !== undefined) found.set(name, description);
      else if (topics.external.includes(name)) missing.push(name);
    }
    if (missing.length === 0) return found;
    if (clock.monotonic() >= deadline || signal?.aborted === true) {
      throw new StreamsError(
        'MR_SOURCE_TOPIC_MISSING',
        `source topics ${missing.join(', ')} do not exist after waiting ${timeoutMs} ms. Create them: topics that the application reads are never created by Millrace`,
        { details: { topic: missing[0] } },
      );
    }
    if (!waited) log.warn('source topics do not exist yet, waiting for them', { topics: missing, timeoutMs });
    await sleep(clock, pauseMs, signal);
  }
}

async function describeExternal(
  topics: ApplicationTopics,
  context: InternalTopicsContext,
): Promise<ReadonlyMap<string, TopicDescription | undefined>> {
  const names = new Set(topics.external);
  if (topics.hasPatterns) {
    const all = await retrying('list topics', context, () => context.admin.listTopics());
    for (const subtopology of topics.subtopologies) {
      for (const topic of topics.sourceTopics(subtopology, all)) if (!topics.isInternal(topic)) names.add(topic);
    }
  }
  const sorted = [...names].sort(compareText);
  if (sorted.length === 0) return new Map();
  return retrying('describe source topics', context, () => context.admin.describeTopics(sorted));
}
