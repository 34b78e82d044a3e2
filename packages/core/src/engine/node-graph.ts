/**
 * Makes the nodes of a task from its plans. Sources, sinks and queues live as long as the task; processors are made anew after every abort, so that nothing they keep in
 * fields survives what it was computed from (I4).
 */
import { invariant, StreamsError } from '../errors.ts';
import { topicPartition, type TopicPartition } from '../kafka/topic-partition.ts';
import type { Processor } from '../processor/processor.ts';
import { type NodePlan, type SourcePlan, topicName } from '../topology/plan.ts';
import type { Collector } from './collector.ts';
import type { TaskInit } from './contract.ts';
import { type EngineNode, type NodeServices, ProcessorNode } from './node.ts';
import { PartitionQueue } from './partition-queue.ts';
import { createSink } from './sink-node.ts';
import { SourceNode } from './source-node.ts';
import { SourceRows, type SourceRowsInit } from './source-rows.ts';

export class NodeGraph {
  /** Those that the task was made with. */
  readonly queues: readonly PartitionQueue[];
  /** Parents before children; empty before `createProcessors`. */
  processors: readonly ProcessorNode[] = [];
  readonly #nodes: readonly NodePlan[];
  readonly #fixed: ReadonlyMap<string, EngineNode>;
  readonly #sources: readonly SourceNode[];
  readonly #init: TaskInit;
  readonly #services: NodeServices;

  constructor(
    nodes: readonly NodePlan[],
    queues: readonly PartitionQueue[],
    fixed: ReadonlyMap<string, EngineNode>,
    sources: readonly SourceNode[],
    init: TaskInit,
    services: NodeServices,
  ) {
    this.#nodes = nodes;
    this.queues = queues;
    this.#fixed = fixed;
    this.#sources = sources;
    this.#init = init;
    this.#services = services;
  }

  /** The queue of one more topic of a source. */
  createQueue(source: string, topic: string): PartitionQueue {
    const node = this.#sources.find(({ name }) => name === source);
    const plan = this.#nodes.find(({ name }) => name === source);
    if (node === undefined || plan?.kind !== 'source') {
      throw new StreamsError('MR_ARGUMENT_INVALID', `task ${this.#init.id} has no source ${source}`, {
        details: { taskId: this.#init.id, node: source, topic },
      });
    }
    return createQueue(plan, node, topic, this.#init, this.#services);
  }

  /** What makes rows of a source topic's records; undefined where they are taken as they are. */
  createSourceRows(tp: TopicPartition, partitionTime: number): SourceRows | undefined {
    const plan = this.#nodes.find((node) => node.kind === 'source' && this.#init.sourceTopics.get(node.name)?.includes(tp.topic) === true);
    if (plan?.kind !== 'source') return undefined;
    const { extractor, keySerde, valueSerde } = reading(plan, tp.topic, this.#init);
    const skipped = this.#services.metrics.counter('restore-skipped-records-total', { 'task-id': this.#init.id });
    return new SourceRows({ tp, keySerde, valueSerde, extractor, partitionTime, skipped });
  }

  createProcessors(): void {
    const made = new Map(this.#fixed);
    const processors: ProcessorNode[] = [];
    // Children first, since a node holds its children.
    for (const plan of this.#nodes.toReversed()) {
      if (plan.kind !== 'processor') continue;
      // What the builder checked: the processor fits what its parents forward.
      const processor = plan.create() as Processor<unknown, unknown, unknown, unknown>;
      const node = new ProcessorNode(plan.name, processor, plan.stores, childrenOf(plan, made), this.#services);
      made.set(plan.name, node);
      processors.push(node);
    }
    this.processors = processors.reverse();
    for (const source of this.#sources) {
      const plan = this.#nodes.find(({ name }) => name === source.name) as NodePlan;
      source.children = childrenOf(plan, made);
    }
  }

  dropProcessors(): void {
    this.processors = [];
    for (const source of this.#sources) source.children = [];
  }
}

function childrenOf(plan: NodePlan, made: ReadonlyMap<string, EngineNode>): readonly EngineNode[] {
  return plan.children.map((name) => {
    const child = made.get(name);
    invariant(child !== undefined, `node ${name}, a child of ${plan.name}, is not in the plan or stands before its parent`);
    return child;
  });
}

export function buildNodes(init: TaskInit, services: NodeServices, collector: Collector): NodeGraph {
  const nodes = init.subtopologies.flatMap((plan) => plan.nodes);
  const fixed = new Map<string, EngineNode>();
  const sources: SourceNode[] = [];
  const queues: PartitionQueue[] = [];
  for (const plan of nodes) {
    if (plan.kind === 'sink') fixed.set(plan.name, createSink(plan, services.applicationId, services.context, collector));
    if (plan.kind !== 'source') continue;
    const source = new SourceNode(plan.name);
    sources.push(source);
    for (const topic of init.sourceTopics.get(plan.name) ?? []) queues.push(createQueue(plan, source, topic, init, services));
  }
  if (queues.length === 0 && sources.length > 0) {
    throw new StreamsError(
      'MR_SOURCE_TOPIC_MISSING',
      `task ${init.id} has no input: no topic of its sources has partition ${init.partition}`,
      {
        details: { taskId: init.id },
      },
    );
  }
  return new NodeGraph(nodes, queues, fixed, sources, init, services);
}

function createQueue(plan: SourcePlan, source: SourceNode, topic: string, init: TaskInit, services: NodeServices): PartitionQueue {
  return new PartitionQueue({
    tp: topicPartition(topic, init.partition),
    source,
    ...reading(plan, topic, init),
    isChangelog: init.subtopologies.some(({ stores }) =>
      stores.some(
        ({ changelog, changelogIsSource }) =>
          changelogIsSource && changelog !== undefined && topicName(services.applicationId, changelog) === topic,
      ),
    ),
    policy: services.policy,
    dropped: services.dropped,
  });
}

/** How the records of a topic are read. */
function reading(plan: SourcePlan, topic: string, init: TaskInit): Pick<SourceRowsInit, 'keySerde' | 'valueSerde' | 'extractor'> {
  return {
    keySerde: plan.keySerde.bind?.({ topic, role: 'key' }) ?? plan.keySerde,
    valueSerde: plan.valueSerde.bind?.({ topic, role: 'value' }) ?? plan.valueSerde,
    extractor: plan.timestampExtractor ?? init.settings.timestampExtractor,
  };
}
