/** The `processor` of an operator: its name and its fields. */
import { type Json, type JsonObject, numberOf, objectOf, textOf } from '../json.ts';

export class ProcessorSpec {
  readonly name: string;
  readonly #fields: JsonObject;

  constructor(json: Json | undefined) {
    this.#fields = objectOf(json, 'processor');
    this.name = this.text('name');
  }

  field(name: string): Json | undefined {
    return this.#fields[name];
  }

  text(name: string): string {
    return textOf(this.#fields[name], `${name} of a processor`);
  }

  number(name: string): number {
    return numberOf(this.#fields[name], `${name} of a processor`);
  }

  numberOr(name: string, otherwise: number): number {
    return this.#fields[name] === undefined ? otherwise : this.number(name);
  }

  /** A flag that is off unless it is there. */
  flag(name: string): boolean {
    return this.#fields[name] === true;
  }
}
