/** One operator of a case while it is built: its fields, its inputs, and what it shares with the operators before it. */
import type { Serde, StateStoreOptions, StreamsBuilder, TopologyBuilder } from '@millrace/core';
import type { Present } from '../datum.ts';
import { CaseFormatError, isObject, type Json, type JsonObject, numberOf, textOf } from '../json.ts';
import type { Call, TopicTypes } from '../outputs.ts';
import { serdeOf, typeNamed, type ValueType } from '../value-type.ts';
import type { CaseNode, NodeKind, NodeOf } from './case-node.ts';

/** What all operators of a case share. */
export interface Building {
  readonly builder: StreamsBuilder;
  /** What operators of `byHand` build. */
  readonly hand: TopologyBuilder;
  /** Stores that processors brought, by their description. */
  readonly brought: Map<string, StateStoreOptions<Present, Present>>;
  /** Whether operators carry serdes where they do not say. */
  readonly serdes: boolean;
  readonly nodes: Map<string, CaseNode>;
  /** Types of every topic that a sink writes. */
  readonly outputTypes: Map<string, TopicTypes>;
  /** Calls of `peek` and `foreach` since the last step. */
  readonly calls: Call[];
}

export class Operation {
  readonly building: Building;
  readonly fields: JsonObject;
  readonly #serdes: boolean;

  constructor(building: Building, fields: JsonObject) {
    this.building = building;
    this.fields = fields;
    const { serdes } = fields;
    this.#serdes = serdes === undefined ? building.serdes : serdes !== 'none';
  }

  get id(): string {
    return this.text('id');
  }

  get name(): string | undefined {
    const { name } = this.fields;
    return name === undefined ? undefined : textOf(name, 'name');
  }

  /** Whether this operator carries the serdes of its types. */
  get hasSerdes(): boolean {
    return this.#serdes;
  }

  /** Neither serdes nor a name to pass on: the call has no options object. */
  get isPlain(): boolean {
    return !this.#serdes && this.name === undefined;
  }

  /** The serde of a type, if this operator carries serdes. */
  serde(type: ValueType): Serde<Present> | undefined {
    return this.#serdes ? serdeOf(type) : undefined;
  }

  field(name: string): Json | undefined {
    return this.fields[name];
  }

  has(name: string): boolean {
    return this.fields[name] !== undefined;
  }

  text(name: string): string {
    return textOf(this.fields[name], `${name} of ${this.#shown}`);
  }

  number(name: string): number {
    return numberOf(this.fields[name], `${name} of ${this.#shown}`);
  }

  flag(name: string): boolean {
    return this.fields[name] === true;
  }

  type(name: string): ValueType {
    return typeNamed(this.fields[name]);
  }

  object(name: string): JsonObject | undefined {
    const value = this.fields[name];
    return isObject(value) ? value : undefined;
  }

  /** The input, of whatever kind. */
  input(): CaseNode {
    return this.#node('in');
  }

  /** The node that a field names, which must be of this kind. */
  inputOf<Kind extends NodeKind>(kind: Kind, field: string = 'in'): NodeOf<Kind> {
    const node = this.#node(field);
    // The kind was compared: the node is the one of that kind.
    if (node.kind === kind) return node as NodeOf<Kind>;
    throw new CaseFormatError(`${field} of ${this.#shown} is a ${node.kind}, not a ${kind}`);
  }

  /** Keeps the result under the operator's id. */
  put(node: CaseNode, id: string = this.id): void {
    this.building.nodes.set(id, node);
  }

  #node(field: string): CaseNode {
    const node = this.building.nodes.get(this.text(field));
    if (node === undefined) throw new CaseFormatError(`${field} of ${this.#shown} names no operator before it`);
    return node;
  }

  get #shown(): string {
    return JSON.stringify(this.fields);
  }
}
