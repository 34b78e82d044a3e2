/** Compares the topology that is deployed with the one that shall be: what would an upgrade orphan, lose or break, before it does. Kafka Streams has nothing like it. */
import { StreamsError } from '../../errors.ts';
import type { SubtopologyDescription, TopologyDescription } from '../describe-json.ts';
import { Topology } from '../topology.ts';
import { byImpact, type UpgradeImpact, type TopologyChange, worstImpact } from './change.ts';
import { outlineOf, readBy } from './outline.ts';
import { storeChanges } from './store-changes.ts';
import { topicChanges } from './topic-changes.ts';

/** What an upgrade does as a whole. */
export type UpgradeVerdict =
  /** Sources, stores and topics are the same. */
  | 'same'
  /** Nothing is lost, and nothing has to be done. */
  | 'safe'
  /** Nothing is lost if what the remedies say is done. */
  | 'care'
  /** Goes through, and loses the state or the records of those that are named. */
  | 'losesState'
  /** The application would not start or compute wrong results: it must be reset, or the topology changed. */
  | 'needsReset';

const verdicts: Readonly<Record<UpgradeImpact, UpgradeVerdict>> = { none: 'safe', care: 'care', loss: 'losesState', reset: 'needsReset' };

const headlines: Readonly<Record<UpgradeVerdict, string>> = {
  same: 'same: sources, stores and topics do not change',
  safe: 'safe: nothing is lost',
  care: 'safe with care: nothing is lost if the remedies are followed',
  losesState: 'state is lost',
  needsReset: 'needs a reset',
};

export class TopologyDiff {
  readonly verdict: UpgradeVerdict;
  /**
   * Instances of both versions can run in one group, so that they can be replaced one by one; else all must be stopped first (`MR_TOPOLOGY_MISMATCH`). Never where something
   * must be reset.
   */
  readonly rollingUpgrade: boolean;
  /** The worst first. */
  readonly changes: readonly TopologyChange[];

  /** @internal */
  constructor(changes: readonly TopologyChange[], rollingUpgrade: boolean) {
    this.changes = Object.freeze(byImpact(changes));
    this.rollingUpgrade = rollingUpgrade;
    this.verdict = changes.length === 0 && rollingUpgrade ? 'same' : verdicts[worstImpact(changes)];
  }

  /** For people: the verdict, then what changes and what to do about it. */
  toString(): string {
    const { changes, rollingUpgrade, verdict } = this;
    const subjects = changes.filter(({ impact }) => impact === worstImpact(changes)).map(({ subject }) => subject);
    const whom = verdict === 'losesState' || verdict === 'needsReset' ? ` for ${[...new Set(subjects)].join(', ')}` : '';
    const lines = [`${headlines[verdict]}${whom}`, `rolling upgrade: ${rollingUpgrade ? 'yes' : 'no, stop all instances first'}`];
    for (const { impact, remedy, text } of changes) {
      lines.push(`${impact.padEnd(5)} ${text}`);
      if (remedy !== undefined) lines.push(`      → ${remedy}`);
    }
    return `${lines.join('\n')}\n`;
  }

  toJSON(): { readonly verdict: UpgradeVerdict; readonly rollingUpgrade: boolean; readonly changes: readonly TopologyChange[] } {
    return { verdict: this.verdict, rollingUpgrade: this.rollingUpgrade, changes: this.changes };
  }
}

/**
 * What an upgrade from one topology to another does to stores, changelogs, repartition topics, sources and sub-topologies. Functions are not compared: whether an operator
 * computes something else, nobody can tell.
 *
 * @param before the deployed one, or what its `describe('json')` was, as text or parsed: keep that file with each release
 * @throws MR_ARGUMENT_INVALID for what is neither a topology nor a description
 */
export function diffTopologies(
  before: Topology | TopologyDescription | string,
  after: Topology | TopologyDescription | string,
): TopologyDiff {
  const [was, is] = [descriptionOf(before, 'first'), descriptionOf(after, 'second')];
  const [from, to] = [outlineOf(was), outlineOf(is)];
  // A description of an earlier version may not have the groups.
  const knowsGroups = [...was.subtopologies, ...is.subtopologies].every(
    ({ copartitioned, isGlobal }) => isGlobal || copartitioned !== undefined,
  );
  const changes = [...storeChanges(from, to), ...topicChanges(from, to)];
  // Instances that agree on sources and topics would still misread each other's rows where something must be reset.
  const rollingUpgrade = sharedByInstances(was, knowsGroups) === sharedByInstances(is, knowsGroups) && worstImpact(changes) !== 'reset';
  return new TopologyDiff(changes, rollingUpgrade);
}

function descriptionOf(topology: Topology | TopologyDescription | string, which: string): TopologyDescription {
  if (topology instanceof Topology) return topology.toJSON();
  const given: unknown = typeof topology === 'string' ? parsedOrNull(topology) : topology;
  // Parsed JSON can be anything.
  const parsed = given as Partial<TopologyDescription> | null | undefined;
  // What has both is taken for a description: nothing else does.
  if (Array.isArray(parsed?.subtopologies) && Array.isArray(parsed.internalTopics)) return parsed as TopologyDescription;
  throw new StreamsError(
    'MR_ARGUMENT_INVALID',
    `the ${which} argument of diffTopologies is neither a topology nor a description: give what describe('json') returned`,
  );
}

/** Null for text that is no JSON. */
function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What all instances of a group must agree on, as text. */
function sharedByInstances({ internalTopics, subtopologies }: TopologyDescription, knowsGroups: boolean): string {
  const shared = subtopologies
    .filter(({ isGlobal }) => !isGlobal)
    .map((subtopology) => ({
      id: subtopology.id,
      reads: readBy(subtopology.nodes).toSorted(),
      writes: internalSinks(subtopology).toSorted(),
      stores: subtopology.stores.map(({ changelog, kind, name }) => JSON.stringify([name, kind, changelog?.name])).toSorted(),
      copartitioned: knowsGroups ? subtopology.copartitioned?.map((topics) => topics.toSorted().join()).toSorted() : undefined,
    }));
  const internal = internalTopics.map(({ kind, name, partitions }) => JSON.stringify([name, kind, partitions])).toSorted();
  return JSON.stringify({ shared, internal });
}

function internalSinks({ nodes }: SubtopologyDescription): string[] {
  return nodes.flatMap(({ kind, topics }) =>
    kind === 'sink' ? (topics ?? []).filter(({ internal }) => internal).map(({ name }) => name) : [],
  );
}
