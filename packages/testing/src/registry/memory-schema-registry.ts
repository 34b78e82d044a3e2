/**
 * A schema registry in memory, for tests: ids, versions, references and compatibility as a real one has them, answered at once, so that the synchronous test driver can use it.
 * It can be stopped, and then refuses as one does that is away.
 */
import {
  AvroError,
  findIncompatibility,
  parseSchema,
  type Schema,
  type SchemaRegistry,
  type SchemaText,
  type SchemaVersion,
} from '@millrace/avro';
import type { Clock } from '@millrace/core';

export type CompatibilityLevel =
  | 'NONE'
  | 'BACKWARD'
  | 'BACKWARD_TRANSITIVE'
  | 'FORWARD'
  | 'FORWARD_TRANSITIVE'
  | 'FULL'
  | 'FULL_TRANSITIVE';

export interface MemorySchemaRegistryOptions {
  /** What a new schema of a subject must be to those before it. @default 'BACKWARD', as Confluent's registry */
  readonly compatibility?: CompatibilityLevel | undefined;
  /** Schemas that it has from the start, as `millrace avro dump` writes them; their ids and versions are kept. */
  readonly dump?: readonly SchemaVersion[] | undefined;
  /** What the caches of serdes go by. @default the machine's */
  readonly clock?: Clock | undefined;
}

/** Parsed with everything that it refers to. */
type Parsed = ReturnType<typeof parseSchema>;

export class MemorySchemaRegistry implements SchemaRegistry {
  readonly clock: Clock | undefined;
  #compatibility: CompatibilityLevel;
  readonly #levels = new Map<string, CompatibilityLevel>();
  readonly #ids = new Map<string, number>();
  readonly #texts = new Map<number, SchemaText>();
  readonly #subjects = new Map<string, SchemaVersion[]>();
  #stopped = false;
  /** Calls that were answered or refused since it was made, by method. */
  readonly calls: Map<string, number> = new Map();

  constructor(options: MemorySchemaRegistryOptions = {}) {
    this.#compatibility = options.compatibility ?? 'BACKWARD';
    this.clock = options.clock;
    for (const version of options.dump ?? []) this.#load(version);
  }

  /** From now on every call fails as if nobody answered. */
  stop(): void {
    this.#stopped = true;
  }

  /** Answers again; nothing was lost. */
  start(): void {
    this.#stopped = false;
  }

  setCompatibility(level: CompatibilityLevel, subject?: string): void {
    if (subject === undefined) this.#compatibility = level;
    else this.#levels.set(subject, level);
  }

  compatibility(subject?: string): CompatibilityLevel {
    return (subject === undefined ? undefined : this.#levels.get(subject)) ?? this.#compatibility;
  }

  schema(id: number): SchemaText {
    this.#count('schema');
    const text = this.#texts.get(id);
    if (text === undefined) throw unknown(`schema ${id} not found`, 40403, { id });
    return text;
  }

  subjects(): readonly string[] {
    this.#count('subjects');
    return [...this.#subjects.keys()];
  }

  versions(subject: string): readonly number[] {
    this.#count('versions');
    return this.#versionsOf(subject).map(({ version }) => version);
  }

  version(subject: string, version: number | 'latest'): SchemaVersion {
    this.#count('version');
    const versions = this.#versionsOf(subject);
    const found = version === 'latest' ? versions.at(-1) : versions.find((candidate) => candidate.version === version);
    if (found === undefined) throw unknown(`version ${version} of subject ${subject} not found`, 40402, { subject });
    return found;
  }

  lookUp(subject: string, text: SchemaText): SchemaVersion {
    this.#count('lookUp');
    const key = keyOf(text);
    const found = this.#versionsOf(subject).find((version) => keyOf(version) === key);
    if (found === undefined) throw unknown(`subject ${subject} does not have this schema`, 40403, { subject });
    return found;
  }

  register(subject: string, text: SchemaText): number {
    this.#count('register');
    const versions = this.#subjects.get(subject) ?? [];
    const key = keyOf(text);
    const known = versions.find((version) => keyOf(version) === key);
    if (known !== undefined) return known.id;
    const { root } = this.#parse(text, subject);
    const reason = this.#reasonAgainst(subject, root, versions);
    if (reason !== undefined)
      throw refused(`the schema being registered is incompatible with an earlier schema for subject "${subject}": ${reason}`, 409, subject);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = Math.max(0, ...this.#texts.keys()) + 1;
      this.#ids.set(key, id);
      this.#texts.set(id, { schema: text.schema, references: [...text.references] });
    }
    versions.push({ id, subject, version: (versions.at(-1)?.version ?? 0) + 1, schema: text.schema, references: [...text.references] });
    this.#subjects.set(subject, versions);
    return id;
  }

  /** Why the subject would not take the schema; undefined if it would. */
  incompatibility(subject: string, text: SchemaText): string | undefined {
    return this.#reasonAgainst(subject, this.#parse(text, subject).root, this.#subjects.get(subject) ?? []);
  }

  #load({ id, references, schema, subject, version }: SchemaVersion): void {
    const text = { schema, references };
    this.#ids.set(keyOf(text), id);
    this.#texts.set(id, text);
    const versions = this.#subjects.get(subject) ?? [];
    versions.push({ ...text, id, subject, version });
    this.#subjects.set(subject, versions);
  }

  #reasonAgainst(subject: string, root: Schema, versions: readonly SchemaVersion[]): string | undefined {
    const level = this.compatibility(subject);
    if (level === 'NONE') return undefined;
    const earlier = level.endsWith('_TRANSITIVE') ? versions.toReversed() : versions.slice(-1);
    for (const version of earlier) {
      const before = this.#parse(version, subject).root;
      const reason =
        (level.startsWith('FORWARD') ? undefined : findIncompatibility(before, root)) ??
        (level.startsWith('BACKWARD') ? undefined : findIncompatibility(root, before));
      if (reason !== undefined) return `${reason}; compatibility is ${level}, earlier version ${version.version}`;
    }
    return undefined;
  }

  #parse(text: SchemaText, subject: string): Parsed {
    try {
      let names: Parsed['names'] = new Map();
      for (const reference of text.references) {
        const inner = this.#parse(this.version(reference.subject, reference.version), reference.subject).names;
        names = new Map([...names, ...inner]);
      }
      return parseSchema(text.schema, { names });
    } catch (error) {
      if (error instanceof AvroError && error.code === 'MR_AVRO_SCHEMA_INVALID')
        throw refused(`invalid schema: ${error.text}`, 42201, subject);
      throw error;
    }
  }

  #versionsOf(subject: string): readonly SchemaVersion[] {
    const versions = this.#subjects.get(subject);
    if (versions === undefined) throw unknown(`subject '${subject}' not found`, 40401, { subject });
    return versions;
  }

  #count(method: string): void {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    if (this.#stopped) throw new AvroError('MR_AVRO_REGISTRY_UNAVAILABLE', 'the schema registry in memory is stopped');
  }
}

/** The same JSON is the same schema, however it is spaced. */
function keyOf({ references, schema }: SchemaText): string {
  let normal = schema;
  try {
    normal = JSON.stringify(JSON.parse(schema));
  } catch {
    // Bare names of primitive types, and what will be refused.
  }
  return JSON.stringify([normal, references.map(({ name, subject, version }) => [name, subject, version])]);
}

function unknown(message: string, registryCode: number, place: { readonly id?: number; readonly subject?: string }): AvroError {
  return new AvroError('MR_AVRO_SCHEMA_UNKNOWN', `the schema registry has no such thing: ${message}`, {
    details: { ...place, status: 404, registryCode },
  });
}

function refused(message: string, registryCode: number, subject: string): AvroError {
  const status = registryCode === 409 ? 409 : 422;
  return new AvroError('MR_AVRO_SCHEMA_REFUSED', `the schema registry does not take the schema for subject ${subject}: ${message}`, {
    details: { subject, status, registryCode },
  });
}
