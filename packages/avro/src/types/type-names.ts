/** Names of TypeScript types for the names of Avro: without the namespace, unless two differ in nothing else; with a number where one name has several definitions. */
import { type NamedSchema, unqualified } from '../schema/schema.ts';

export function pascalCase(text: string): string {
  const name = text
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
  return /^\p{L}/u.test(name) ? name : `T${name}`;
}

export class TypeNames {
  readonly #byDefinition = new Map<string, string>();
  /** What generated types say of values that have no name of their own. */
  readonly #taken = new Set(['Date', 'Uint8Array', 'Readonly', 'Record']);

  constructor(schemas: Iterable<NamedSchema>) {
    const list = [...schemas];
    for (const schema of list) {
      const { name } = schema;
      const short = pascalCase(unqualified(name));
      const isShared = list.some((other) => other.name !== name && pascalCase(unqualified(other.name)) === short);
      this.#byDefinition.set(definitionOf(schema), this.take(isShared ? pascalCase(name) : short));
    }
  }

  of(schema: NamedSchema): string {
    // Every named schema was given.
    return this.#byDefinition.get(definitionOf(schema)) as string;
  }

  /** A name that nothing else has. */
  take(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}${i}`;
    this.#taken.add(name);
    return name;
  }
}

const definitions = new WeakMap<NamedSchema, string>();

/** The same for schemas that are the same: name, and all that stands in it but comments. */
export function definitionOf(schema: NamedSchema): string {
  let text = definitions.get(schema);
  if (text === undefined) {
    const seen = new Set<unknown>();
    text = JSON.stringify(schema, (key, value: unknown) => {
      if (key === 'doc' || key === 'attributes') return undefined;
      if (value === null || typeof value !== 'object' || !('name' in value && 'aliases' in value && 'type' in value)) return value;
      if (seen.has(value)) return value.name;
      seen.add(value);
      return value;
    });
    definitions.set(schema, text);
  }
  return text;
}
