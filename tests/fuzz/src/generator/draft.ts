/** A topology while it is being made up: operators so far, and what later ones can start from, with their static types. */
import { isArray, isObject, type Json, type JsonObject } from '#cases/json';
import type { ValueType } from '#cases/value-type';
import type { Feature, FeatureSet } from '../features.ts';
import type { Random } from '../random.ts';

/** What is known of the windows of a table: reads, suppression and times are chosen by them. */
export interface WindowFacts {
  readonly type: 'time' | 'sliding' | 'session' | 'unlimited';
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;
}

type NodeKind = 'stream' | 'table' | 'globalTable' | 'groupedStream' | 'groupedTable' | 'cogrouped' | 'windowed';

export interface DraftNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly key: ValueType;
  readonly value: ValueType;
  readonly window?: WindowFacts | undefined;
  /** The table's own store, where it has a name that processors and reads can use. */
  readonly store?: string | undefined;
  readonly versionedMs?: number | undefined;
  /** Emission on close, which suppression does not go with. */
  readonly final?: boolean | undefined;
  /** Roughly how many records come of n inputs: n to the power of this. */
  readonly growth: number;
}

/** Nodes that would put out more are not made: joins of joins of joins run for minutes. */
const mostGrowth = 3;

/** A store with a name, for reads and for processors. */
export interface DraftStore {
  readonly name: string;
  readonly shape: 'keyValue' | 'window' | 'session' | 'versioned';
  readonly key: ValueType;
  readonly window?: WindowFacts | undefined;
}

export interface SourceTopic {
  readonly topic: string;
  readonly key: ValueType;
  readonly value: ValueType;
  /** Values carry their time behind an `@`. */
  readonly timed: boolean;
}

/** `growth` comes from the operator, unless given. */
type NewNode = Omit<DraftNode, 'id' | 'growth'> & { readonly growth?: number | undefined };

export class Draft {
  readonly random: Random;
  readonly operators: JsonObject[] = [];
  readonly nodes: DraftNode[] = [];
  readonly stores: DraftStore[] = [];
  readonly topics: SourceTopic[] = [];
  /** Times of this case are small numbers times this. */
  readonly scaleMs: number;
  readonly #features: FeatureSet;
  readonly #used = new Set<string>();
  /** How often operators get names; 1 where the configuration demands them. */
  nameChance = 0.12;
  #count = 0;

  constructor(random: Random, features: FeatureSet) {
    this.random = random;
    this.#features = features;
    this.scaleMs = random.weighted([
      [12, 1],
      [3, 1000],
      [4, 60_000],
    ]);
  }

  has(feature: Feature): boolean {
    return this.#features.has(feature);
  }

  newId(prefix = 'n'): string {
    return `${prefix}${++this.#count}`;
  }

  /** `name`, most often absent. */
  name(): JsonObject {
    return this.has('names') && this.random.chance(this.nameChance) ? { name: this.newId('nm') } : {};
  }

  /** Adds an operator that others can go on from. */
  add(fields: JsonObject, node: NewNode): DraftNode {
    const id = this.newId();
    this.operators.push({ id, ...fields });
    const made = { ...node, id, growth: node.growth ?? this.#growth(fields) };
    this.nodes.push(made);
    return made;
  }

  /** How much comes of everything together, at most. */
  get growth(): number {
    return Math.max(1, ...this.nodes.map(({ growth }) => growth));
  }

  /** Whether these two may be joined with each other. */
  canMultiply(one: DraftNode, other: DraftNode): boolean {
    return one.growth + other.growth <= mostGrowth;
  }

  #growth(fields: JsonObject): number {
    const groups = isArray(fields['groups']) ? fields['groups'].map((group) => (isObject(group) ? group['in'] : undefined)) : [];
    const from = [fields['in'], fields['right'], fields['with'], ...groups].map(
      (id) => this.nodes.find((node) => node.id === id)?.growth ?? 0,
    );
    const most = Math.max(1, ...from);
    switch (fields['op']) {
      case 'ssJoin':
        return from.reduce((sum, growth) => sum + growth, 0);
      case 'fkJoin':
      case 'flatMap':
      case 'flatMapValues':
        return most + 0.3;
      case 'windowedBy':
        return (
          most +
          (isObject(fields['window']) && (fields['window']['type'] === 'sliding' || fields['window']['advance'] !== undefined) ? 0.5 : 0)
        );
      default:
        return most;
    }
  }

  /** Adds an operator that nothing comes after, or a store. */
  end(fields: JsonObject): void {
    this.operators.push(fields);
  }

  /** A node of this kind, new ones more often; undefined where there is none. Counts as used. */
  take(kind: NodeKind, fits: (node: DraftNode) => boolean = () => true): DraftNode | undefined {
    const candidates = this.nodes.filter((node) => node.kind === kind && node.growth <= mostGrowth && fits(node));
    if (candidates.length === 0) return undefined;
    const unused = candidates.filter(({ id }) => !this.#used.has(id));
    const from = unused.length > 0 && this.random.chance(0.6) ? unused : candidates;
    const chosen = this.random.chance(0.4) ? (from.at(-1) ?? this.random.pick(from)) : this.random.pick(from);
    this.use(chosen);
    return chosen;
  }

  use({ id }: DraftNode): void {
    this.#used.add(id);
  }

  isUsed({ id }: DraftNode): boolean {
    return this.#used.has(id);
  }

  /** A span of time of this case: zero, one or a handful of its units. */
  span(...choices: readonly number[]): number {
    return this.random.pick(choices) * this.scaleMs;
  }
}

/** `{ [name]: value }` with a probability, else nothing. */
export function sometimes(random: Random, probability: number, fields: () => Readonly<Record<string, Json>>): JsonObject {
  return random.chance(probability) ? fields() : {};
}

export function isWindowed(type: ValueType): boolean {
  return typeof type !== 'string';
}
