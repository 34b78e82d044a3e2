/** A topology as a Mermaid flowchart: topics round, sub-topologies as boxes around their nodes, stores as cylinders. Made of the description alone. */
import type { NodeDescription, TopologyDescription } from './describe-json.ts';

/** Quoted for Mermaid, which has entities for what would end the text. */
function label(text: string): string {
  return `"${text.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;')}"`;
}

/** Ids for texts, in the order in which they are first asked for: names have characters that ids must not have. */
class Ids {
  readonly #prefix: string;
  readonly #byText = new Map<string, string>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  of(text: string): string {
    let id = this.#byText.get(text);
    if (id === undefined) this.#byText.set(text, (id = `${this.#prefix}${this.#byText.size}`));
    return id;
  }

  entries(): IterableIterator<[text: string, id: string]> {
    return this.#byText.entries();
  }
}

function topicsOf({ pattern, topicExtractor, topics }: NodeDescription): readonly string[] {
  if (pattern !== undefined) return [`/${pattern}/`];
  if (topicExtractor !== undefined) return [`${topicExtractor}()`];
  return (topics ?? []).map(({ name }) => name);
}

export function describeAsMermaid({ subtopologies }: TopologyDescription): string {
  const [topics, nodes, stores] = [new Ids('t'), new Ids('n'), new Ids('s')];
  const boxes: string[] = [];
  const edges: string[] = [];
  for (const subtopology of subtopologies) {
    const title = subtopology.isGlobal ? `Global store ${subtopology.id}` : `Sub-topology ${subtopology.id}`;
    boxes.push(`  subgraph g${subtopology.id}[${label(title)}]`);
    for (const { name } of subtopology.nodes) boxes.push(`    ${nodes.of(name)}[${label(name)}]`);
    for (const { name } of subtopology.stores) boxes.push(`    ${stores.of(name)}[(${label(name)})]`);
    boxes.push('  end');
    for (const node of subtopology.nodes) {
      const id = nodes.of(node.name);
      if (node.kind === 'source') for (const topic of topicsOf(node)) edges.push(`  ${topics.of(topic)} --> ${id}`);
      for (const child of node.to) edges.push(`  ${id} --> ${nodes.of(child)}`);
      for (const store of node.stores ?? []) edges.push(`  ${id} -.- ${stores.of(store)}`);
      if (node.kind === 'sink') for (const topic of topicsOf(node)) edges.push(`  ${id} --> ${topics.of(topic)}`);
    }
  }
  const rounds = [...topics.entries()].map(([topic, id]) => `  ${id}([${label(topic)}])`);
  return `${['flowchart TD', ...rounds, ...boxes, ...edges].join('\n')}\n`;
}
