/** The one asynchronous step of a serde: fetching what decoding a batch will need (schemas), before the batch is queued, so that decoding never waits (I1). */
import type { FetchedRecords } from '../kafka/fetched-records.ts';
import type { Serde } from '../serde/serde.ts';
import type { ApplicationTopics } from './application-topics.ts';

type Preparation = (batch: FetchedRecords) => Promise<void> | void;

export class InputPreparation {
  readonly #topics: ApplicationTopics;
  readonly #byTopic = new Map<string, readonly Preparation[]>();
  /** False for nearly every topology: then no batch is looked at. */
  readonly needed: boolean;

  constructor(topics: ApplicationTopics) {
    this.#topics = topics;
    this.needed = topics.subtopologies.some((subtopology) =>
      subtopology.plan.nodes.some(
        (node) => node.kind === 'source' && (node.keySerde.prepare !== undefined || node.valueSerde.prepare !== undefined),
      ),
    );
  }

  async prepare(batches: readonly FetchedRecords[]): Promise<void> {
    for (const batch of batches) for (const preparation of this.#of(batch.tp.topic)) await preparation(batch);
  }

  #of(topic: string): readonly Preparation[] {
    let preparations = this.#byTopic.get(topic);
    if (preparations === undefined) {
      const found: Preparation[] = [];
      for (const subtopology of this.#topics.subtopologies) {
        const reading = this.#topics.topicsOfSources(subtopology, new Set([topic]));
        for (const node of subtopology.plan.nodes) {
          if (node.kind !== 'source' || reading.get(node.name)?.includes(topic) !== true) continue;
          found.push(...preparationOf(node.keySerde, topic, 'key'), ...preparationOf(node.valueSerde, topic, 'value'));
        }
      }
      this.#byTopic.set(topic, (preparations = found));
    }
    return preparations;
  }
}

/** Nothing for nearly every serde. */
export function preparationOf(serde: Serde<unknown>, topic: string, role: 'key' | 'value'): readonly Preparation[] {
  if (serde.prepare === undefined) return [];
  const bound = serde.bind?.({ topic, role }) ?? serde;
  return [(batch): Promise<void> | void => bound.prepare?.(batch, role)];
}
