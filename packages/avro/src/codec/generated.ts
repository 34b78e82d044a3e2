/**
 * Makes functions from text, for records: only code that names every property gives all objects of a record one shape, which is what makes reading and writing them fast.
 * The text is made of literals and of names from this package; what comes from a schema goes in through {@link literal} alone.
 */
import { compileFunction } from 'node:vm';

/** A body and what it refers to. */
export class FunctionText {
  readonly #lines: string[] = [];
  readonly #values: unknown[] = [];

  /** A name for a value inside the text. */
  capture(value: unknown): string {
    this.#values.push(value);
    return `c${this.#values.length - 1}`;
  }

  line(text: string): void {
    this.#lines.push(text);
  }

  /** The function `(parameters) => { lines }`. The caller says its type. */
  compile(parameters: string): unknown {
    const names = this.#values.map((_, index) => `c${index}`);
    const outer = compileFunction(`return function (${parameters}) {\n${this.#lines.join('\n')}\n};`, names) as (
      ...values: unknown[]
    ) => unknown;
    return outer(...this.#values);
  }
}

export function literal(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** A property in an object literal; computed where the plain form would set the prototype. */
export function property(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : literal(name);
}
