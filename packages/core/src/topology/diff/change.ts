/** What an upgrade does to one store, topic or sub-topology. */

/** From harmless to fatal; what an upgrade as a whole does is the worst of its changes. */
const impacts = ['none', 'care', 'loss', 'reset'] as const;

/**
 * - `none`: nothing to be done.
 * - `care`: nothing is lost, if what the remedy says is done.
 * - `loss`: state or records of the subject are lost, or it starts without those of the past.
 * - `reset`: the application would not start, or compute wrong results, on what is there.
 */
export type UpgradeImpact = (typeof impacts)[number];

export type TopologyChangeKind =
  | 'storeAdded'
  | 'storeRemoved'
  | 'storeRenamed'
  | 'storeKindChanged'
  | 'storeLayoutChanged'
  | 'storeFormatChanged'
  | 'storeRetentionChanged'
  | 'storePersistenceChanged'
  | 'storeInputChanged'
  | 'changelogChanged'
  | 'changelogConfigChanged'
  | 'repartitionAdded'
  | 'repartitionRemoved'
  | 'repartitionRenamed'
  | 'repartitionPartitionsChanged'
  | 'sourceAdded'
  | 'sourceRemoved'
  | 'sinkAdded'
  | 'sinkRemoved'
  | 'subtopologyMoved';

export interface TopologyChange {
  readonly kind: TopologyChangeKind;
  readonly impact: UpgradeImpact;
  /** Name of the store or topic (internal ones without the application id), or `sub-topology 1` with its former number. */
  readonly subject: string;
  /** What the upgrade does, for people. */
  readonly text: string;
  /** What to do about it; undefined for nothing. */
  readonly remedy?: string | undefined;
}

export function worstImpact(changes: readonly TopologyChange[]): UpgradeImpact {
  return impacts[Math.max(0, ...changes.map(({ impact }) => impacts.indexOf(impact)))] as UpgradeImpact;
}

/** The worst come first; of equal ones the order stays. */
export function byImpact(changes: readonly TopologyChange[]): TopologyChange[] {
  return changes.toSorted((a, b) => impacts.indexOf(b.impact) - impacts.indexOf(a.impact));
}

/** Where a whole application is started anew. */
export const resetRemedy =
  'reset the application (its committed offsets, internal topics and local state), or start it under another application id';

/** A topic of the application as the cluster has it. */
export function onCluster(topic: string): string {
  return `<application id>-${topic}`;
}
