/** The node at which records leave, for one topic or for one chosen per record. Kafka Streams: `SinkNode`. */
import { StreamsError } from '../errors.ts';
import type { Headers } from '../headers.ts';
import type { TopicExtractor } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { RecordContext } from '../stores/record-context.ts';
import type { SinkPlan } from '../topology/plan.ts';
import { topicName } from '../topology/plan.ts';
import { type Collector, SinkTopic } from './collector.ts';
import type { AnyRecord, EngineNode } from './node.ts';

/** Topics that a dynamic sink keeps at hand. */
const maxTopics = 10_000;

/** A sink of one topic. */
export class SinkNode implements EngineNode {
  readonly name: string;
  readonly #topic: SinkTopic;

  constructor(name: string, topic: SinkTopic) {
    this.name = name;
    this.#topic = topic;
  }

  process(record: AnyRecord): void {
    this.#topic.send(record);
  }
}

/** A sink whose topic is chosen per record. */
class DynamicSinkNode implements EngineNode {
  readonly name: string;
  readonly #plan: SinkPlan;
  readonly #extract: TopicExtractor<unknown, unknown>;
  readonly #context: RecordContext;
  readonly #collector: Collector;
  readonly #topics = new Map<string, SinkTopic>();

  constructor(plan: SinkPlan, extract: TopicExtractor<unknown, unknown>, context: RecordContext, collector: Collector) {
    this.name = plan.name;
    this.#plan = plan;
    this.#extract = extract;
    this.#context = context;
    this.#collector = collector;
  }

  process(record: AnyRecord): void {
    const context = this.#context;
    const metadata = {
      topic: context.topic ?? '',
      partition: context.partition,
      offset: context.offset,
      timestamp: record.timestamp,
      get headers(): Headers {
        return record.headers;
      },
    };
    const name = this.#extract(record.value, record.key, metadata);
    if (typeof name !== 'string' || name === '') {
      refusePromise(name, `the topic extractor of sink ${this.name}`, { node: this.name });
      throw new StreamsError('MR_NULL_RESULT', `the topic extractor of sink ${this.name} returned no topic`, {
        details: { node: this.name },
      });
    }
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      if (this.#topics.size >= maxTopics) this.#topics.clear();
      const { keySerde, valueSerde, partitioner } = this.#plan;
      topic = new SinkTopic({ node: this.name, topic: name, internal: false, keySerde, valueSerde, partitioner }, this.#collector);
      this.#topics.set(name, topic);
    }
    topic.send(record);
  }
}

export function createSink(plan: SinkPlan, applicationId: string, context: RecordContext, collector: Collector): EngineNode {
  if (typeof plan.topic === 'function') return new DynamicSinkNode(plan, plan.topic, context, collector);
  const { keySerde, valueSerde, partitioner } = plan;
  const topic = topicName(applicationId, plan.topic);
  return new SinkNode(
    plan.name,
    new SinkTopic({ node: plan.name, topic, internal: plan.topic.internal, keySerde, valueSerde, partitioner }, collector),
  );
}
