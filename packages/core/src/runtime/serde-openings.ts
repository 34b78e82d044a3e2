/**
 * Opens every serde that a task uses, before the task: what they need to know from elsewhere (schemas) is asked for here, and what they knew before comes back from the task's
 * own state, so that a restart reads its stores though nobody answers.
 */
import type { EngineBatch, MaybePromise, StateEngine } from '@millrace/state';
import { metaKey, metaKinds, parseMetaKey } from '../engine/state-layout.ts';
import type { Serde, SerdeOpening } from '../serde/serde.ts';
import { type NodePlan, type StorePlan, topicName } from '../topology/plan.ts';

/** A serde, bound to what it is used for. */
export interface SerdeUse {
  readonly serde: Serde<unknown>;
  readonly purpose: SerdeOpening['purpose'];
  readonly topic: string;
  readonly role: 'key' | 'value';
}

export interface SerdeUsesInit {
  readonly applicationId: string;
  readonly nodes: readonly NodePlan[];
  readonly stores: readonly StorePlan[];
  /** Names on the cluster, by source node. */
  readonly sourceTopics: ReadonlyMap<string, readonly string[]>;
}

/** The uses that have something to open; none for nearly every topology. Topics that a sink chooses per record are not known before. */
export function serdeUses(init: SerdeUsesInit): readonly SerdeUse[] {
  const { applicationId, nodes, sourceTopics, stores } = init;
  const uses: SerdeUse[] = [];
  const add = (serde: Serde<unknown> | undefined, purpose: SerdeOpening['purpose'], topic: string, role: 'key' | 'value'): void => {
    const bound = serde?.bind?.({ topic, role }) ?? serde;
    if (bound?.open !== undefined) uses.push({ serde: bound, purpose, topic, role });
  };
  for (const node of nodes) {
    if (node.kind === 'processor' || (node.kind === 'sink' && typeof node.topic === 'function')) continue;
    const topics =
      node.kind === 'source'
        ? (sourceTopics.get(node.name) ?? [])
        : typeof node.topic === 'function'
          ? []
          : [topicName(applicationId, node.topic)];
    for (const topic of topics) {
      add(node.keySerde, node.kind, topic, 'key');
      add(node.valueSerde, node.kind, topic, 'value');
    }
  }
  for (const { changelog, spec } of stores) {
    const topic = changelog === undefined ? `${applicationId}-${spec.name}-changelog` : topicName(applicationId, changelog);
    add(spec.keySerde, 'store', topic, 'key');
    add(spec.valueSerde, 'store', topic, 'value');
    if ('rightValueSerde' in spec) add(spec.rightValueSerde, 'store', topic, 'value');
  }
  return uses;
}

/** Opens one after the other. A failure leaves the others as they are: opening again is harmless. */
export function openSerdes(uses: readonly SerdeUse[], engine: StateEngine): MaybePromise<void> {
  if (uses.length === 0) return undefined;
  const kept = readKept(engine);
  const batch = engine.batch();
  const opened = openFrom(0, uses, kept, batch);
  const write = (): MaybePromise<void> => (batch.size === 0 ? undefined : batch.commit());
  return opened instanceof Promise ? opened.then(write) : write();
}

function openFrom(
  first: number,
  uses: readonly SerdeUse[],
  kept: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>,
  batch: EngineBatch,
): MaybePromise<void> {
  for (let i = first; i < uses.length; i++) {
    const { purpose, role, serde, topic } = uses[i] as SerdeUse;
    const use = `${purpose} ${role} ${topic}`;
    const opened = serde.open?.({
      purpose,
      kept: kept.get(use) ?? new Map(),
      keep: (name, bytes) => batch.put(metaKey(metaKinds.serde, `${use}\0${name}`), bytes),
    });
    if (opened instanceof Promise) return opened.then(() => openFrom(i + 1, uses, kept, batch));
  }
  return undefined;
}

function readKept(engine: StateEngine): ReadonlyMap<string, ReadonlyMap<string, Uint8Array>> {
  const kept = new Map<string, Map<string, Uint8Array>>();
  const iterator = engine.iterate({ gte: metaKey(metaKinds.serde, ''), lt: Buffer.from([0, metaKinds.serde + 1]) });
  try {
    while (iterator.next()) {
      const { name } = parseMetaKey(iterator.key);
      const end = name.indexOf('\0');
      const use = name.slice(0, end);
      let names = kept.get(use);
      if (names === undefined) kept.set(use, (names = new Map()));
      names.set(name.slice(end + 1), new Uint8Array(iterator.value));
    }
  } finally {
    iterator.close();
  }
  return kept;
}
