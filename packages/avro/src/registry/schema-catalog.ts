/**
 * What is known of a registry's schemas, for every serde that uses it: parsed once, asked for once however many want it, and not asked for again and again where the registry
 * says that there is none.
 */
import { type Clock } from '@millrace/core';
import { systemClock } from '@millrace/core/kafka';
import { AvroError } from '../errors.ts';
import { meaningfulForm } from '../schema/meaning.ts';
import { type ParsedSchema, parseSchema } from '../schema/parse-schema.ts';
import type { NamedSchema, Schema } from '../schema/schema.ts';
import {
  attempt,
  chain,
  chainEach,
  type MaybePromise,
  type SchemaReference,
  type SchemaRegistry,
  type SchemaText,
  type SchemaVersion,
} from './schema-registry.ts';

/** How long the registry is not asked again for an id that it does not have, or that it did not answer for. */
const unknownMs = 60_000;
const unavailableMs = 1_000;
/** Ids of both kinds that are remembered. Beyond it the oldest go, so that a topic full of garbage takes no memory. */
const maxFailures = 10_000;

export interface CatalogEntry {
  readonly id: number;
  readonly root: Schema;
  /** Unknown, and none, for what was kept from an earlier run. */
  readonly references: readonly SchemaReference[];
  /** Its types, and those of the schemas that it refers to. */
  readonly names: ReadonlyMap<string, NamedSchema>;
  /** Everything that it takes to parse the schema without a registry: what it refers to first, itself last. */
  readonly texts: readonly string[];
}

interface Failure {
  readonly error: AvroError;
  readonly untilMs: number;
}

const catalogs = new WeakMap<SchemaRegistry, SchemaCatalog>();

/** One for each registry object. */
export function catalogOf(registry: SchemaRegistry): SchemaCatalog {
  let catalog = catalogs.get(registry);
  if (catalog === undefined) catalogs.set(registry, (catalog = new SchemaCatalog(registry)));
  return catalog;
}

export class SchemaCatalog {
  readonly #registry: SchemaRegistry;
  readonly #clock: Clock;
  readonly #entries = new Map<number, CatalogEntry>();
  readonly #fetches = new Map<number, Promise<CatalogEntry>>();
  readonly #failures = new Map<number, Failure>();
  readonly #registrations = new Map<string, Promise<number>>();
  readonly #versions = new Map<string, CatalogEntry>();
  /** Ids of schemas that were registered or looked up, by their form with logical types: under the id of another scale an amount would be another. */
  readonly #idsByForm = new Map<string, number>();

  constructor(registry: SchemaRegistry) {
    this.#registry = registry;
    this.#clock = registry.clock ?? systemClock;
  }

  /** What is known of an id without asking. */
  known(id: number): CatalogEntry | undefined {
    return this.#entries.get(id);
  }

  /** Any id under which this schema stands in the registry; undefined if none is known. */
  idOf(schema: Schema): number | undefined {
    return this.#idsByForm.get(meaningfulForm(schema));
  }

  /** Why an id is not known, for as long as the registry is not asked again. */
  failureOf(id: number): AvroError | undefined {
    const failure = this.#failures.get(id);
    if (failure === undefined) return undefined;
    if (failure.untilMs > this.#clock.monotonic()) return failure.error;
    this.#failures.delete(id);
    return undefined;
  }

  /** @throws what the registry answered, also from memory */
  fetch(id: number): MaybePromise<CatalogEntry> {
    const known = this.#entries.get(id) ?? this.#fetches.get(id);
    if (known !== undefined) return known;
    const failure = this.failureOf(id);
    if (failure !== undefined) throw failure;
    const fetching = attempt(
      () => chain(this.#registry.schema(id), (text) => this.#add(id, text)),
      (error) => {
        throw this.#fail(id, error);
      },
    );
    if (!(fetching instanceof Promise)) return fetching;
    const shared = fetching.finally(() => this.#fetches.delete(id));
    this.#fetches.set(id, shared);
    return shared;
  }

  /** Takes what was kept from an earlier run. */
  learn(id: number, texts: readonly string[]): CatalogEntry {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    let names: ReadonlyMap<string, NamedSchema> = new Map();
    let root: Schema | undefined;
    for (const text of texts) ({ names, root } = parseSchema(text, { names }));
    if (root === undefined) throw new AvroError('MR_AVRO_SCHEMA_INVALID', `nothing was kept of the schema ${id}`, { details: { id } });
    return this.#remember({ id, root, names, references: [], texts });
  }

  /** Says that a schema which is known may be written under its id. */
  noteId({ id, root }: CatalogEntry): void {
    this.#idsByForm.set(meaningfulForm(root), id);
  }

  /** Parses a schema after those that it refers to, which are fetched. */
  parse(text: SchemaText): MaybePromise<Schema> {
    return chain(this.#parse(text, [], new Set()), ({ root }) => root);
  }

  /** The schema's id under the subject, registered if it was not. Asked once a schema and subject, however many want it. */
  register(subject: string, text: SchemaText, root: Schema): MaybePromise<number> {
    return this.#once('register', subject, text, root, () => this.#registry.register(subject, text));
  }

  /** The schema's id under the subject, which must have it. */
  lookUp(subject: string, text: SchemaText, root: Schema): MaybePromise<number> {
    return this.#once('lookUp', subject, text, root, () => chain(this.#registry.lookUp(subject, text), ({ id }) => id));
  }

  /** Asks the registry every time: which version is the latest changes. */
  version(subject: string, version: number | 'latest'): MaybePromise<CatalogEntry> {
    return chain(this.#registry.version(subject, version), (found) => this.#addVersion(found));
  }

  /** Learns every version of a subject, or its newest ones; a subject that does not exist has none. */
  versions(subject: string, newest: number = Number.POSITIVE_INFINITY): MaybePromise<readonly CatalogEntry[]> {
    const entries: CatalogEntry[] = [];
    const numbers = attempt<readonly number[]>(
      () => this.#registry.versions(subject),
      (error) => {
        if (error instanceof AvroError && error.code === 'MR_AVRO_SCHEMA_UNKNOWN') return [];
        throw error;
      },
    );
    return chain(numbers, (versions) =>
      chain(
        chainEach(versions.slice(-newest), (version) =>
          chain(this.#versionOnce(subject, version), (entry) => {
            entries.push(entry);
          }),
        ),
        () => entries,
      ),
    );
  }

  /** What stands under a number never changes. */
  #versionOnce(subject: string, version: number): MaybePromise<CatalogEntry> {
    const key = `${version} ${subject}`;
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    return chain(this.version(subject, version), (entry) => {
      this.#versions.set(key, entry);
      return entry;
    });
  }

  #once(what: string, subject: string, text: SchemaText, root: Schema, ask: () => MaybePromise<number>): MaybePromise<number> {
    const key = JSON.stringify([what, subject, text.schema]);
    const pending = this.#registrations.get(key);
    if (pending !== undefined) return pending;
    const asking = chain(ask(), (id) =>
      chain(this.#add(id, text), () => {
        this.#idsByForm.set(meaningfulForm(root), id);
        return id;
      }),
    );
    if (!(asking instanceof Promise)) return asking;
    const shared = asking.finally(() => this.#registrations.delete(key));
    this.#registrations.set(key, shared);
    return shared;
  }

  #addVersion(found: SchemaVersion): MaybePromise<CatalogEntry> {
    return chain(this.#add(found.id, found), (entry) => {
      this.noteId(entry);
      return entry;
    });
  }

  #add(id: number, text: SchemaText): MaybePromise<CatalogEntry> {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const texts: string[] = [];
    return chain(this.#parse(text, texts, new Set()), ({ names, root }) =>
      this.#remember({ id, root, names, references: text.references, texts }),
    );
  }

  /** Parses a schema after those that it refers to. */
  #parse(text: SchemaText, texts: string[], seen: Set<string>): MaybePromise<ParsedSchema> {
    const references = text.references.filter(({ subject, version }) => !seen.has(`${subject} ${version}`));
    const all = chainEach(references, ({ subject, version }) => {
      seen.add(`${subject} ${version}`);
      return chain(this.#registry.version(subject, version), (found) => chain(this.#parse(found, texts, seen), () => undefined));
    });
    return chain(all, () => {
      let names: ReadonlyMap<string, NamedSchema> = new Map();
      for (const earlier of texts) ({ names } = parseSchema(earlier, { names }));
      const parsed = parseSchema(text.schema, { names });
      texts.push(text.schema);
      return parsed;
    });
  }

  #remember(entry: CatalogEntry): CatalogEntry {
    this.#entries.set(entry.id, entry);
    this.#failures.delete(entry.id);
    return entry;
  }

  #fail(id: number, error: unknown): AvroError {
    const known =
      error instanceof AvroError
        ? error.at({ id }, `schema id ${id}`)
        : new AvroError('MR_AVRO_REGISTRY_UNAVAILABLE', `the registry failed on schema id ${id}`, { details: { id }, cause: error });
    const isTransient = known.code === 'MR_AVRO_REGISTRY_UNAVAILABLE' || known.code === 'MR_AVRO_REGISTRY_REFUSED';
    if (this.#failures.size >= maxFailures)
      for (const oldest of this.#failures.keys()) if (this.#failures.size >= maxFailures) this.#failures.delete(oldest);
    this.#failures.set(id, { error: known, untilMs: this.#clock.monotonic() + (isTransient ? unavailableMs : unknownMs) });
    return known;
  }
}
