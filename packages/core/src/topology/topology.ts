/** A built topology: what the runtime and the test driver take. */
import { StreamsError } from '../errors.ts';
import { shown } from '../option-checks.ts';
import { describeAsData, type TopologyDescription } from './describe-json.ts';
import { describeAsMermaid } from './describe-mermaid.ts';
import type { TopologyPlan } from './plan.ts';

/** How a topology is described: as Kafka Streams prints it, for tools, or as a Mermaid flowchart. */
export type DescribeFormat = 'text' | 'json' | 'mermaid';

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

  /**
   * Sub-topologies, nodes and stores. `text`, the default, is exactly what Kafka Streams' `Topology.describe()` prints; `json` is {@link toJSON} as text; `mermaid` draws
   * it wherever Markdown is shown.
   *
   * @throws MR_ARGUMENT_INVALID for another format.
   */
  describe(format: DescribeFormat = 'text'): string {
    switch (format) {
      case 'text':
        return this.#description;
      case 'json':
        return JSON.stringify(this, null, 2);
      case 'mermaid':
        return describeAsMermaid(this.toJSON());
      default:
        // JavaScript may ask for anything.
        throw new StreamsError('MR_ARGUMENT_INVALID', `a topology is described as 'text', 'json' or 'mermaid', not ${shown(format)}`);
    }
  }

  /** Sub-topologies, nodes, stores and internal topics as plain data. */
  toJSON(): TopologyDescription {
    return describeAsData(this.plan);
  }

  toString(): string {
    return this.#description;
  }
}
