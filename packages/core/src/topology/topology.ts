/** A built topology: what the runtime and the test driver take. */
import type { TopologyPlan } from './plan.ts';

/** Kafka Streams: `org.apache.kafka.streams.Topology`. Made by `StreamsBuilder.build()`. */
export class Topology {
  /** What drivers run: sub-topologies, stores and internal topics as data. Unstable: it changes with the engine. */
  readonly plan: TopologyPlan;
  readonly #description: string;

  /** @internal */
  constructor(plan: TopologyPlan, description: string) {
    this.plan = plan;
    this.#description = description;
  }

  /** Sub-topologies, nodes and stores as text, exactly as Kafka Streams' `Topology.describe()` prints it. */
  describe(): string {
    return this.#description;
  }

  toString(): string {
    return this.#description;
  }
}
