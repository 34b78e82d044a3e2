/** What an upgrade does to stores and their changelogs. */
import type { StoreDescription } from '../describe-json.ts';
import { onCluster, type TopologyChangeKind, type UpgradeImpact, resetRemedy, type TopologyChange } from './change.ts';
import type { Outline, StoreOutline } from './outline.ts';
import { findRenames, isGenerated, withoutNumbers } from './renames.ts';
import { layoutChanges } from './store-layout-changes.ts';

export function storeChanges(before: Outline, after: Outline): TopologyChange[] {
  const { added, pairs, removed } = findRenames(likenesses(before), likenesses(after));
  const changes: TopologyChange[] = [];
  for (const name of removed) changes.push(removedStore((before.stores.get(name) as StoreOutline).store));
  for (const [name, now] of pairs) changes.push(renamedStore((before.stores.get(name) as StoreOutline).store, now));
  for (const name of added) changes.push(addedStore(after.stores.get(name) as StoreOutline));
  for (const [name, was] of before.stores) {
    const is = after.stores.get(name);
    if (is !== undefined) changes.push(...keptStore(was, is, before, after));
  }
  return changes;
}

/** Stores of one kind that are filled from the same topics may be one store under two names. */
function likenesses({ stores }: Outline): ReadonlyMap<string, string> {
  return new Map(
    [...stores].map(([name, { inputs, store, subtopology }]) => {
      return [name, JSON.stringify([store.kind, store.layout, inputs.map(withoutNumbers), subtopology.isGlobal])];
    }),
  );
}

function removedStore({ changelog, name }: StoreDescription): TopologyChange {
  if (changelog?.internal !== true) {
    return { kind: 'storeRemoved', impact: 'none', subject: name, text: `the store "${name}" is gone; its rows on disk are deleted` };
  }
  return {
    kind: 'storeRemoved',
    impact: 'loss',
    subject: name,
    text: `the store "${name}" is gone: what it holds is used no more, and its changelog ${onCluster(changelog.name)} is an orphan`,
    remedy: `delete the topic ${onCluster(changelog.name)} when nobody will go back to the version before`,
  };
}

function renamedStore({ changelog, name }: StoreDescription, now: string): TopologyChange {
  const why = isGenerated(name) && isGenerated(now) ? ': its name is generated, and operators before it came or went' : ', as it seems';
  const orphan = changelog?.internal === true ? `; the changelog ${onCluster(changelog.name)} is an orphan` : '';
  return {
    kind: 'storeRenamed',
    impact: changelog?.internal === false ? 'care' : 'loss',
    subject: name,
    text: `the store "${name}" is called "${now}"${why}. Under the new name it starts empty${orphan}`,
    remedy: `call it "${name}" in the operator's store option, as it was; then its state stays whatever comes before it`,
  };
}

function addedStore({ inputs, store: { changelog, name }, subtopology }: StoreOutline): TopologyChange {
  if (subtopology.isGlobal || changelog?.internal === false) {
    return {
      kind: 'storeAdded',
      impact: 'none',
      subject: name,
      text: `the store "${name}" is new, and is filled from the whole of its topic`,
    };
  }
  return {
    kind: 'storeAdded',
    impact: 'care',
    subject: name,
    text: `the store "${name}" is new and starts empty: records of ${inputs.join(', ')} that were processed before are not in it`,
    remedy: `if they must be, ${resetRemedy}`,
  };
}

function keptStore(was: StoreOutline, is: StoreOutline, before: Outline, after: Outline): TopologyChange[] {
  const { name } = was.store;
  if (was.subtopology.isGlobal !== is.subtopology.isGlobal) {
    const text = `the store "${name}" ${is.subtopology.isGlobal ? 'is one of every instance, and was one of tasks' : 'is one of tasks, and was one of every instance'}`;
    return [{ kind: 'storeKindChanged', impact: 'reset', subject: name, text, remedy: otherName(name) }];
  }
  if (was.store.kind !== is.store.kind) {
    const text = `the store "${name}" is of kind ${is.store.kind} and was of kind ${was.store.kind}: what its changelog holds cannot be read`;
    return [{ kind: 'storeKindChanged', impact: 'reset', subject: name, text, remedy: otherName(name) }];
  }
  const changes = [...formatChanges(was.store, is.store), ...layoutChanges(was.store, is.store), ...inputChanges(was, is, before, after)];
  if (!is.subtopology.isGlobal) changes.push(...changelogChanges(was.store, is.store, before, after));
  return changes;
}

function formatChanges(was: StoreDescription, is: StoreDescription): TopologyChange[] {
  const { name } = was;
  return (['keyFormat', 'valueFormat'] as const).flatMap((role): TopologyChange[] => {
    const [former, now] = [was[role], is[role]];
    // A serde that does not name its format says nothing.
    if (typeof former !== 'string' || typeof now !== 'string' || former === now) return [];
    const what = role === 'keyFormat' ? 'keys' : 'values';
    const text = `${what} of the store "${name}" are written as ${now} and were written as ${former}: its rows cannot be read, or are misread`;
    return [{ kind: 'storeFormatChanged', impact: 'reset', subject: name, text, remedy: otherName(name) }];
  });
}

/** Where rows come from decides in which partition they lie. */
function inputChanges(was: StoreOutline, is: StoreOutline, before: Outline, after: Outline): TopologyChange[] {
  const { name } = was.store;
  const left = was.inputs.filter((topic) => !is.inputs.includes(topic));
  const came = is.inputs.filter((topic) => !was.inputs.includes(topic));
  if (left.length + came.length === 0) return [];
  const change = (impact: UpgradeImpact, text: string, remedy?: string): TopologyChange[] => [
    { kind: 'storeInputChanged', impact, subject: name, text, remedy },
  ];
  if (is.subtopology.isGlobal)
    return change('care', `the store "${name}" is filled anew from ${came.join(', ')}, and was a copy of ${left.join(', ')}`);
  if (came.length === 0) return change('none', `the store "${name}" is filled from ${left.join(', ')} no more`);
  if (left.length === 0) {
    return change(
      'care',
      `the store "${name}" is filled from ${came.join(', ')} too`,
      `${came.join(', ')} must have as many partitions as ${was.inputs.join(', ')}, and keys in the same ones`,
    );
  }
  const ownTopics = left.every((topic) => before.internalTopics.has(topic)) && came.every((topic) => after.internalTopics.has(topic));
  const text = `the store "${name}" is filled from ${came.join(', ')} and was filled from ${left.join(', ')}`;
  if (ownTopics) return change('care', text, 'the topics upstream must have as many partitions as before: rows stay where they are');
  return change('reset', `${text}: a key's rows may lie in another partition than its records`, resetRemedy);
}

function changelogChanges(was: StoreDescription, is: StoreDescription, before: Outline, after: Outline): TopologyChange[] {
  const { name } = was;
  const change = (kind: TopologyChangeKind, impact: UpgradeImpact, text: string, remedy: string): TopologyChange[] => [
    { kind, impact, subject: name, text, remedy },
  ];
  const [former, now] = [was.changelog, is.changelog];
  if (former?.name === now?.name && former?.internal === now?.internal)
    return former?.internal === true ? configChanges(name, former.name, before, after) : [];
  const orphan = former?.internal === true ? `; ${onCluster(former.name)} is an orphan` : '';
  if (now === null) {
    const text = `the store "${name}" has no changelog any more: what it holds is lost with the disk, and when its task moves${orphan}`;
    return change('changelogChanged', 'loss', text, 'leave logging on if rows must survive');
  }
  if (!now.internal) {
    const text = `the store "${name}" is restored from the topic ${now.name}${orphan}`;
    return change(
      'changelogChanged',
      'care',
      text,
      `${now.name} must be compacted, or keep everything: the rows that there are locally are dropped, and made anew from this topic alone`,
    );
  }
  const from = former === null ? 'had none' : `was restored from the topic ${former.name}`;
  // Only a local directory knows of the time without it: nothing on the brokers says so.
  const text =
    `the store "${name}" gets a changelog and ${from}: rows of the past are not in the new one, so an instance that has them refuses to start (MR_CHANGELOG_INCOMPLETE). ` +
    `One without their directory restores ${onCluster(now.name)} as it is: if the topic is of an earlier time, rows that were deleted since come back`;
  return change('changelogChanged', 'loss', text, resetRemedy);
}

/** Settings that the layout of the store decides are told with the layout. */
const toldElsewhere: ReadonlySet<string> = new Set(['retention.ms', 'min.compaction.lag.ms']);

function configChanges(store: string, changelog: string, before: Outline, after: Outline): TopologyChange[] {
  const was = before.internalTopics.get(changelog)?.configs ?? {};
  const is = after.internalTopics.get(changelog)?.configs ?? {};
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (name) => was[name] !== is[name] && !toldElsewhere.has(name),
  );
  if (names.length === 0) return [];
  const shown = names.map((name) => `${name} ${was[name] ?? 'unset'} → ${is[name] ?? 'unset'}`).join(', ');
  return [
    {
      kind: 'changelogConfigChanged',
      impact: 'care',
      subject: store,
      text: `the changelog of the store "${store}" would be made with other settings (${shown}); the one that exists keeps its own`,
      remedy: `alter ${onCluster(changelog)} with kafka-configs --alter`,
    },
  ];
}

function otherName(store: string): string {
  return `give the store another name than "${store}": it starts empty. To have the past in it, ${resetRemedy}`;
}
