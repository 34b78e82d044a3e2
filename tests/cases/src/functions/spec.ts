/** A function as a case writes it: a name, or an array of a name and its arguments. */
import { CaseFormatError, isArray, type Json, numberOf, textOf } from '../json.ts';

export class FunctionSpec {
  readonly name: string;
  readonly #arguments: readonly Json[];

  constructor(json: Json | undefined) {
    const [name, ...rest] = isArray(json) ? json : [json ?? null];
    if (typeof name !== 'string') throw new CaseFormatError(`not a function: ${JSON.stringify(json)}`);
    this.name = name;
    this.#arguments = rest;
  }

  /** Arguments, counted from 0. */
  get arguments(): readonly Json[] {
    return this.#arguments;
  }

  text(index: number): string {
    return textOf(this.#arguments[index], `argument ${index} of ${this.name}`);
  }

  textOr(index: number, otherwise: string): string {
    return this.#arguments.length > index ? this.text(index) : otherwise;
  }

  number(index: number): number {
    return numberOf(this.#arguments[index], `argument ${index} of ${this.name}`);
  }

  json(index: number): Json | undefined {
    return this.#arguments[index];
  }

  unknown(kind: string): CaseFormatError {
    return new CaseFormatError(`unknown ${kind}: ${this.name}`);
  }
}
