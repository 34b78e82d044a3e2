/** Names of TypeScript types for the names of Avro: without the namespace, unless two differ in nothing else. */
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
  readonly #bySchema = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(schemas: Iterable<NamedSchema>) {
    const list = [...schemas];
    for (const { name } of list) {
      const short = pascalCase(unqualified(name));
      const isShared = list.some((other) => other.name !== name && pascalCase(unqualified(other.name)) === short);
      this.#bySchema.set(name, this.take(isShared ? pascalCase(name) : short));
    }
  }

  of(schema: NamedSchema): string {
    // Every named schema was given.
    return this.#bySchema.get(schema.name) as string;
  }

  /** A name that nothing else has. */
  take(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}${i}`;
    this.#taken.add(name);
    return name;
  }
}
