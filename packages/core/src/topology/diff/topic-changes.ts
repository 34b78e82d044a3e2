/** What an upgrade does to the topics between sub-topologies, to those that are read and written, and to the numbers of sub-topologies. */
import { onCluster, resetRemedy, type TopologyChange } from './change.ts';
import type { Outline } from './outline.ts';
import { findRenames, isGenerated, withoutNumbers } from './renames.ts';

export function topicChanges(before: Outline, after: Outline): TopologyChange[] {
  return [...repartitionChanges(before, after), ...sourceChanges(before, after), ...sinkChanges(before, after), ...moves(before, after)];
}

function repartitionChanges(before: Outline, after: Outline): TopologyChange[] {
  const { added, pairs, removed } = findRenames(repartitions(before), repartitions(after));
  const changes: TopologyChange[] = [];
  const drain = (topic: string): string =>
    `stop what writes the input, let the application process all that ${onCluster(topic)} has, then upgrade and delete the topic`;
  for (const topic of removed) {
    const text = `the repartition topic ${onCluster(topic)} is an orphan: records that wait in it are not processed`;
    changes.push({ kind: 'repartitionRemoved', impact: 'care', subject: topic, text, remedy: drain(topic) });
  }
  for (const [topic, now] of pairs) {
    const why = isGenerated(topic) ? 'its name is generated, and operators before it came or went' : 'it has another name';
    const text = `the repartition topic ${onCluster(topic)} becomes ${onCluster(now)}: ${why}. Records that wait in the old one are not processed`;
    const remedy = `give the grouping, join or repartition the name "${topic.replace(/-repartition$/, '')}"; or ${drain(topic)}`;
    changes.push({ kind: 'repartitionRenamed', impact: 'care', subject: topic, text, remedy });
  }
  for (const topic of added) {
    changes.push({ kind: 'repartitionAdded', impact: 'none', subject: topic, text: `the repartition topic ${onCluster(topic)} is made` });
  }
  for (const [topic, was] of before.internalTopics) {
    const is = after.internalTopics.get(topic);
    if (is === undefined || is.partitions === was.partitions) continue;
    const text = `the topic ${onCluster(topic)} is to have ${shownCount(is.partitions)}, and was to have ${shownCount(was.partitions)}: the start refuses another count than it has`;
    changes.push({ kind: 'repartitionPartitionsChanged', impact: 'reset', subject: topic, text, remedy: resetRemedy });
  }
  return changes;
}

/** Topics between sub-topologies with what they are called but for numbers. */
function repartitions({ internalTopics }: Outline): ReadonlyMap<string, string> {
  const topics = [...internalTopics.values()].filter(({ kind }) => kind === 'repartition');
  return new Map(topics.map(({ name }) => [name, isGenerated(name) ? withoutNumbers(name) : `= ${name}`]));
}

function sourceChanges(before: Outline, after: Outline): TopologyChange[] {
  const changes: TopologyChange[] = [];
  for (const topic of before.sources.keys()) {
    if (after.sources.has(topic)) continue;
    const text = `the source ${topic} is read no more: records behind the committed offsets are not processed`;
    changes.push({
      kind: 'sourceRemoved',
      impact: 'care',
      subject: topic,
      text,
      remedy: `if they must be, let the application process all of ${topic} first`,
    });
  }
  for (const topic of after.sources.keys()) {
    if (before.sources.has(topic)) continue;
    changes.push({
      kind: 'sourceAdded',
      impact: 'none',
      subject: topic,
      text: `the source ${topic} is new, and read from where its offset reset says`,
    });
  }
  return changes;
}

function sinkChanges(before: Outline, after: Outline): TopologyChange[] {
  const removed = [...before.sinks].filter((topic) => !after.sinks.has(topic));
  const added = [...after.sinks].filter((topic) => !before.sinks.has(topic));
  return [
    ...removed.map((topic): TopologyChange => ({
      kind: 'sinkRemoved',
      impact: 'none',
      subject: topic,
      text: `the topic ${topic} is written no more`,
    })),
    ...added.map((topic): TopologyChange => ({
      kind: 'sinkAdded',
      impact: 'none',
      subject: topic,
      text: `the topic ${topic} is written too; it must exist`,
    })),
  ];
}

/** Sub-topologies whose number changes: the local state of their tasks lies under the number. */
function moves(before: Outline, after: Outline): TopologyChange[] {
  const moved = new Map<number, Map<number, string[]>>();
  const note = (from: number, to: number, store: string | undefined): void => {
    if (from === to) return;
    const targets = moved.get(from) ?? new Map<number, string[]>();
    moved.set(from, targets);
    targets.set(to, [...(targets.get(to) ?? []), ...(store === undefined ? [] : [store])]);
  };
  for (const [topic, id] of before.sources) note(id, after.sources.get(topic) ?? id, undefined);
  for (const [name, { store, subtopology }] of before.stores) {
    const now = after.stores.get(name);
    if (now !== undefined && !subtopology.isGlobal && store.kind === now.store.kind) note(subtopology.id, now.subtopology.id, name);
  }
  return [...moved].flatMap(([from, targets]) => [...targets].map(([to, stores]) => movedTo(from, to, stores, after)));
}

function movedTo(from: number, to: number, stores: readonly string[], after: Outline): TopologyChange {
  const base = { kind: 'subtopologyMoved', subject: `sub-topology ${from}` } as const;
  const number = `tasks ${from}_* are ${to}_* now`;
  if (stores.length === 0) return { ...base, impact: 'none', text: `${number}; they hold no state` };
  const unlogged = stores.filter((name) => after.stores.get(name)?.store.changelog === null);
  if (unlogged.length > 0) {
    return {
      ...base,
      impact: 'loss',
      text: `${number}: the local state of ${unlogged.join(', ')} is not found under the new number, and no changelog has it`,
      remedy: `keep the order in which the sub-topologies are built, or give the stores changelogs before`,
    };
  }
  return {
    ...base,
    impact: 'care',
    text: `${number}: ${stores.join(', ')} are restored from their changelogs, which takes its time`,
    remedy: 'keep the order in which the sub-topologies are built, or allow for the time',
  };
}

function shownCount(partitions: number | null): string {
  return partitions === null ? 'as many partitions as the topics upstream' : `${partitions} partitions`;
}
