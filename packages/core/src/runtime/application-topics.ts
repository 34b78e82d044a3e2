/**
 * The topology with the cluster's topic names: which topics each sub-topology reads, writes and logs to, under this application id. Computed once a run;
 * patterns are resolved against the cluster's topics when those are known.
 */
import { StreamsError } from '../errors.ts';
import {
  type InternalTopicPlan,
  type OffsetReset,
  type SourcePlan,
  type SubtopologyPlan,
  type TopologyPlan,
  topicName,
} from '../topology/plan.ts';
import { compareText } from './task-id.ts';

export interface SubtopologyTopics {
  readonly id: number;
  readonly plan: SubtopologyPlan;
  /** Named sources, repartition topics included, on the cluster. */
  readonly sources: readonly string[];
  readonly patterns: readonly RegExp[];
  /** Repartition topics that it writes. */
  readonly repartitionSinks: readonly string[];
  /** Changelogs of its stores that are topics of their own. */
  readonly changelogs: readonly string[];
  readonly copartitionGroups: readonly (readonly string[])[];
  /** True if a store of it has a changelog, a source topic that doubles as one included: its state can be behind. */
  readonly stateful: boolean;
}

export class ApplicationTopics {
  readonly applicationId: string;
  readonly plan: TopologyPlan;
  readonly subtopologies: readonly SubtopologyTopics[];
  /** By name on the cluster. */
  readonly internal: ReadonlyMap<string, InternalTopicPlan>;
  /** Sources that the user made, without those of patterns, sorted. */
  readonly external: readonly string[];
  /** Topics that sinks write and that are known before the first record, sorted. */
  readonly sinkTopics: readonly string[];
  readonly hasPatterns: boolean;
  readonly #resets = new Map<string, OffsetReset | undefined>();
  /** Of all sub-topologies. */
  readonly #patterns: readonly RegExp[];
  readonly #patternResets: { readonly pattern: RegExp; readonly reset: OffsetReset | undefined }[] = [];

  constructor(applicationId: string, plan: TopologyPlan) {
    this.applicationId = applicationId;
    this.plan = plan;
    this.internal = new Map(plan.internalTopics.map((internal) => [topicName(applicationId, internal.topic), internal]));
    this.subtopologies = plan.subtopologies.map((subtopology) => subtopologyTopics(applicationId, subtopology));
    const external = new Set<string>();
    for (const subtopology of this.subtopologies) {
      for (const source of subtopology.sources) if (!this.internal.has(source)) external.add(source);
    }
    this.external = [...external].sort(compareText);
    const sinks = new Set<string>();
    for (const subtopology of plan.subtopologies) {
      for (const node of subtopology.nodes)
        if (node.kind === 'sink' && typeof node.topic !== 'function') sinks.add(topicName(applicationId, node.topic));
    }
    this.sinkTopics = [...sinks].sort(compareText);
    this.#patterns = this.subtopologies.flatMap((subtopology) => subtopology.patterns);
    this.hasPatterns = this.#patterns.length > 0;
    for (const subtopology of plan.subtopologies) {
      for (const source of sourcesOf(subtopology)) {
        for (const topic of source.topics) this.#resets.set(topicName(applicationId, topic), source.offsetReset);
        if (source.pattern !== undefined) this.#patternResets.push({ pattern: source.pattern, reset: source.offsetReset });
      }
    }
  }

  /** What the source of this topic declared for a missing or impossible offset; undefined if it declared nothing. */
  declaredReset(topic: string): OffsetReset | undefined {
    if (this.#resets.has(topic)) return this.#resets.get(topic);
    return this.#patternResets.find(({ pattern }) => matches(pattern, topic))?.reset;
  }

  isInternal(topic: string): boolean {
    return this.internal.has(topic);
  }

  subtopology(id: number): SubtopologyTopics | undefined {
    return this.subtopologies.find((subtopology) => subtopology.id === id);
  }

  /**
   * The topics that a sub-topology reads if the cluster has `clusterTopics`, sorted. Internal topics of any application never match a pattern of this one.
   *
   * @throws MR_TOPOLOGY_INVALID for a topic that two patterns match
   */
  sourceTopics(subtopology: SubtopologyTopics, clusterTopics: readonly string[]): readonly string[] {
    const topics = new Set(subtopology.sources);
    for (const pattern of subtopology.patterns) {
      for (const topic of clusterTopics) {
        if (this.internal.has(topic) || topic.startsWith('__') || !matches(pattern, topic)) continue;
        this.#requireOneSource(topic);
        topics.add(topic);
      }
    }
    return [...topics].sort(compareText);
  }

  /** A task has one queue a topic, so that the second source would get nothing. Kafka Streams refuses such a topic when it meets it, too. */
  #requireOneSource(topic: string): void {
    const matching = this.#patterns.filter((pattern) => matches(pattern, topic));
    if (matching.length < 2) return;
    throw new StreamsError(
      'MR_TOPOLOGY_INVALID',
      `topic ${topic} is matched by ${matching.map(String).join(' and ')}: a topic has one source. Let the patterns exclude each other, or read them as one stream and split it`,
      { details: { topic } },
    );
  }

  /** Every topic that the application reads, sorted. */
  allSourceTopics(clusterTopics: readonly string[]): readonly string[] {
    return [...new Set(this.subtopologies.flatMap((subtopology) => this.sourceTopics(subtopology, clusterTopics)))].sort(compareText);
  }

  /** For each source node of a sub-topology, those of `topics` that it reads: what a task is made with. */
  topicsOfSources(subtopology: SubtopologyTopics, topics: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
    const result = new Map<string, readonly string[]>();
    for (const source of sourcesOf(subtopology.plan)) {
      const pattern = source.pattern;
      const names =
        pattern === undefined
          ? source.topics.map((topic) => topicName(this.applicationId, topic))
          : [...topics].filter((topic) => !this.internal.has(topic) && matches(pattern, topic)).sort(compareText);
      result.set(
        source.name,
        names.filter((name) => topics.has(name)),
      );
    }
    return result;
  }
}

function subtopologyTopics(applicationId: string, plan: SubtopologyPlan): SubtopologyTopics {
  const name = (topic: { readonly name: string; readonly internal: boolean }): string => topicName(applicationId, topic);
  const patterns: RegExp[] = [];
  for (const source of sourcesOf(plan)) if (source.pattern !== undefined) patterns.push(source.pattern);
  const sources = [...new Set(plan.sourceTopics.map(name))].sort(compareText);
  if (sources.length === 0 && patterns.length === 0) {
    throw new StreamsError('MR_TOPOLOGY_INVALID', `sub-topology ${plan.id} reads no topic: nothing would decide how many tasks it has`, {
      details: { subtopology: plan.id },
    });
  }
  return {
    id: plan.id,
    plan,
    sources,
    patterns,
    repartitionSinks: plan.repartitionSinks.map(name),
    changelogs: plan.stores.flatMap((store) => (store.changelog === undefined || store.changelogIsSource ? [] : [name(store.changelog)])),
    copartitionGroups: plan.copartitionGroups.map((group) => group.map(name)),
    stateful: plan.stores.some((store) => store.changelog !== undefined),
  };
}

function sourcesOf(plan: SubtopologyPlan): readonly SourcePlan[] {
  return plan.nodes.filter((node): node is SourcePlan => node.kind === 'source');
}

/** The whole name must match, as with Java's `Matcher.matches`. */
function matches(pattern: RegExp, topic: string): boolean {
  const flags = pattern.flags.replaceAll(/[gy]/g, '');
  return new RegExp(`^(?:${pattern.source})$`, flags).test(topic);
}
