/** Calls `Serde.prepare` of the sources of a topic before its records are enqueued, as the runtime does: the only asynchronous step that a serde has. */
import type { FetchedRecords, TopicPartition } from '@millrace/core/kafka';
import type { Serde } from '@millrace/core';
import type { GlobalStorePlan } from '@millrace/core/engine';
import type { TaskLayout } from './partition-model.ts';
import { settle, type Steps } from './steps.ts';

type Prepare = (batch: FetchedRecords) => Promise<void> | void;

export class SerdePreparation {
  readonly #byTopic = new Map<string, Prepare[]>();

  readonly #seen = new Set<string>();

  constructor(globalStores: readonly GlobalStorePlan[]) {
    for (const { source } of globalStores) {
      for (const { name } of source.topics) {
        this.#add(name, 'key', source.keySerde);
        this.#add(name, 'value', source.valueSerde);
      }
    }
  }

  /** Learns what the sources of these tasks read; what it knows already is passed over. */
  take(tasks: readonly TaskLayout[]): void {
    for (const { subtopologies, sourceTopics } of tasks) {
      for (const node of subtopologies.flatMap((subtopology) => subtopology.nodes)) {
        if (node.kind !== 'source') continue;
        for (const topic of sourceTopics.get(node.name) ?? []) {
          if (this.#seen.has(`${node.name} ${topic}`)) continue;
          this.#seen.add(`${node.name} ${topic}`);
          this.#add(topic, 'key', node.keySerde);
          this.#add(topic, 'value', node.valueSerde);
        }
      }
    }
  }

  *prepare(tp: TopicPartition, batch: FetchedRecords): Steps<void> {
    for (const prepare of this.#byTopic.get(tp.topic) ?? []) yield* settle(prepare(batch));
  }

  #add(topic: string, role: 'key' | 'value', serde: Serde<unknown>): void {
    const bound = serde.bind?.({ topic, role }) ?? serde;
    if (bound.prepare === undefined) return;
    const prepares = this.#byTopic.get(topic) ?? [];
    prepares.push((batch) => bound.prepare?.(batch, role));
    this.#byTopic.set(topic, prepares);
  }
}
