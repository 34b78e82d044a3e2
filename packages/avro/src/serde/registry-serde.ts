/**
 * Values in the registry's wire format: a zero byte, the id of the writer's schema in 4 bytes, the value. Everything that needs the registry happens in `open` and `prepare`;
 * `decode` and `encodeInto` look only at what is known then. Java: `KafkaAvroSerializer`, `KafkaAvroDeserializer`.
 */
import type { ByteWriter, Serde, SerdeOpening, SerdeTarget } from '@millrace/core';
import type { FetchedRecords } from '@millrace/core/kafka';
import { readRange } from '../codec/avro-codec.ts';
import { type CodecSettings, codecSettings } from '../codec/codec-options.ts';
import { compileReader, type Read } from '../codec/compile-reader.ts';
import { compileWriter, type Write } from '../codec/compile-writer.ts';
import { AvroError, type AvroErrorDetails } from '../errors.ts';
import { type CatalogEntry, catalogOf, type SchemaCatalog } from '../registry/schema-catalog.ts';
import { attempt, chain, chainEach, type MaybePromise, type SchemaText } from '../registry/schema-registry.ts';
import { type SubjectName, subjectOf } from '../registry/subject-names.ts';
import type { Schema } from '../schema/schema.ts';
import type { AvroRegistryOptions } from './avro-options.ts';
import { keptBytes, keptTexts } from './kept-schemas.ts';

const magic = 0;
const headerBytes = 5;
/** Topics and failures that are remembered. */
const maxRemembered = 10_000;
/** Schemas that are asked for at once. */
const maxRequests = 16;
/** Versions of a source's subject that are learned when it is opened. */
const sourceVersions = 20;

/** The schema that the application reads and writes with. */
export interface OwnSchema {
  readonly root: Schema;
  readonly text: SchemaText;
}

/** A schema of one's own, whose root is parsed at the opening if it refers to others, or the latest of a subject (undefined: that of the topic). */
export type SchemaSource = { readonly text: SchemaText; readonly root: Schema | undefined } | { readonly latestOf: string | undefined };

export class RegistrySerde<T> implements Serde<T> {
  readonly immutable = false;
  readonly primitive = false;
  readonly format = undefined;
  readonly #source: SchemaSource;
  readonly #options: AvroRegistryOptions;
  readonly #settings: CodecSettings;
  readonly #catalog: SchemaCatalog;
  readonly #target: SerdeTarget | undefined;
  /** The serde that this one was bound from: what its topics have as their latest schema serves stores and internal topics too. */
  readonly #parent: RegistrySerde<T> | undefined;
  #latest: OwnSchema | undefined;
  readonly #bound = new Map<string, RegistrySerde<T>>();
  #own: OwnSchema | undefined;
  /** What is written: known once the schema has an id. */
  #id: number | undefined;
  #write: Write | undefined;
  readonly #reads = new Map<number, Read>();
  #lastId = -1;
  #lastRead: Read = readNothing;
  readonly #failures = new Map<number, AvroError>();
  /** Ids that are kept with the state. */
  readonly #seen = new Set<number>();

  constructor(source: SchemaSource, options: AvroRegistryOptions, target?: SerdeTarget, parent?: RegistrySerde<T>) {
    this.#source = source;
    this.#options = options;
    this.#settings = codecSettings(options);
    this.#catalog = catalogOf(options.registry);
    this.#target = target;
    this.#parent = parent;
    if ('text' in source && source.root !== undefined) this.#own = { root: source.root, text: source.text };
  }

  /** The same serde for the same target, so that who opens one has opened it for all. */
  bind(target: SerdeTarget): Serde<T> {
    const key = `${target.role} ${target.topic}`;
    let bound = this.#bound.get(key);
    if (bound === undefined) {
      if (this.#bound.size >= maxRemembered) this.#bound.clear();
      this.#bound.set(key, (bound = new RegistrySerde(this.#source, this.#options, target, this)));
    }
    return bound;
  }

  // ---- before the record path ----

  open(opening: SerdeOpening): MaybePromise<void> {
    this.#learn(opening);
    const isWriter = opening.purpose !== 'source';
    const opened = attempt<void>(
      () =>
        chain(this.#openOwn(opening.purpose), () =>
          chain(isWriter ? this.#openWriting() : undefined, () => this.#openHistory(opening.purpose)),
        ),
      (error) => {
        // A store whose own schema and rows are known from before needs nobody.
        const known = this.#own === undefined ? undefined : this.#catalog.idOf(this.#own.root);
        const isAway = error instanceof AvroError && error.code === 'MR_AVRO_REGISTRY_UNAVAILABLE';
        if (!isAway) throw error;
        if (this.#own !== undefined && !isWriter) return;
        if (known !== undefined) {
          this.#id = known;
          return;
        }
        throw this.#options.whenUnavailable === 'fail' ? error.final() : error;
      },
    );
    return chain(opened, () => this.#keep(opening));
  }

  prepare(batch: FetchedRecords, role: 'key' | 'value'): MaybePromise<void> {
    let missing: Set<number> | undefined;
    const { buffer } = batch;
    for (let i = 0; i < batch.count; i++) {
      const start = role === 'key' ? batch.keyStart(i) : batch.valueStart(i);
      const end = role === 'key' ? batch.keyEnd(i) : batch.valueEnd(i);
      if (start < 0 || end - start < headerBytes || buffer[start] !== magic) continue;
      const id = idAt(buffer, start);
      if (id === this.#lastId || this.#reads.has(id) || this.#catalog.known(id) !== undefined) continue;
      (missing ??= new Set()).add(id);
    }
    return missing === undefined ? undefined : this.#fetchAll([...missing]);
  }

  /** Nothing is said of a record here: `decode` throws what went wrong, so that it meets the handler with its place. */
  #fetchAll(ids: readonly number[]): MaybePromise<void> {
    let unavailable: AvroError | undefined;
    const fetch = (id: number): MaybePromise<void> =>
      attempt<void>(
        () => chain(this.#catalog.fetch(id), () => void this.#failures.delete(id)),
        (error) => {
          const failure = asAvroError(error, id);
          if (failure.retriable && this.#options.whenUnavailable !== 'fail') unavailable = failure;
          if (this.#failures.size >= maxRemembered) this.#failures.clear();
          this.#failures.set(id, failure);
        },
      );
    const rounds: (readonly number[])[] = [];
    for (let i = 0; i < ids.length; i += maxRequests) rounds.push(ids.slice(i, i + maxRequests));
    const fetched = chainEach(rounds, (round) => {
      const pending = round.map(fetch).filter((result) => result instanceof Promise);
      return pending.length === 0 ? undefined : Promise.all(pending).then(() => undefined);
    });
    return chain(fetched, () => {
      if (unavailable !== undefined) throw unavailable;
    });
  }

  #openOwn(purpose: SerdeOpening['purpose']): MaybePromise<void> {
    const source = this.#source;
    if (this.#own !== undefined) return undefined;
    if ('text' in source) {
      return chain(this.#catalog.parse(source.text), (root) => {
        this.#own = { root, text: source.text };
      });
    }
    // A store holds what its source has, however old the schema that was registered for its changelog.
    if (purpose === 'store' && this.#takeLatestOfParent()) return undefined;
    return attempt<void>(
      () =>
        chain(this.#catalog.version(this.#subject(source.latestOf), 'latest'), (entry) => {
          this.#own = { root: entry.root, text: { schema: entry.texts.at(-1) ?? '', references: entry.references } };
          this.#id = entry.id;
          if (this.#parent !== undefined) this.#parent.#latest ??= this.#own;
        }),
      (error) => {
        // A topic that was never written is read as whoever comes to write it does.
        const isUnknown = error instanceof AvroError && error.code === 'MR_AVRO_SCHEMA_UNKNOWN';
        if (!isUnknown || (!this.#takeLatestOfParent() && purpose !== 'source')) throw error;
      },
    );
  }

  #takeLatestOfParent(): boolean {
    const parent = this.#parent;
    const latest = parent === undefined ? undefined : parent.#latest;
    if (latest !== undefined) this.#own = latest;
    return latest !== undefined;
  }

  #openWriting(): MaybePromise<void> {
    if (this.#own === undefined || this.#id !== undefined) return undefined;
    const { root, text } = this.#own;
    const subject = this.#subject(undefined);
    const asked =
      this.#options.autoRegister === false ? this.#catalog.lookUp(subject, text, root) : this.#catalog.register(subject, text, root);
    return chain(asked, (id) => {
      this.#id = id;
    });
  }

  /**
   * Whatever was ever written into a store was registered under its subject first, and must be known. Of a source the newest versions are learned if that can be had, so that they are
   * kept: a restart without the registry reads on.
   */
  #openHistory(purpose: SerdeOpening['purpose']): MaybePromise<void> {
    if (purpose === 'sink') return undefined;
    const learn = (): MaybePromise<void> =>
      chain(this.#catalog.versions(this.#subject(undefined), purpose === 'source' ? sourceVersions : undefined), (entries) => {
        for (const { id } of entries) this.#seen.add(id);
      });
    return purpose === 'store' ? learn() : attempt(learn, ignoreAvroError);
  }

  // ---- kept with state ----

  #learn({ kept }: SerdeOpening): void {
    for (const [name, bytes] of kept) {
      const [id, isOwn] = name.split(' ');
      const entry = this.#catalog.learn(Number(id), keptTexts(bytes));
      this.#seen.add(entry.id);
      if (isOwn === 'own') this.#catalog.noteId(entry);
    }
  }

  #keep(opening: SerdeOpening): void {
    if (this.#id !== undefined) this.#seen.add(this.#id);
    for (const id of this.#seen) {
      const entry = this.#catalog.known(id);
      const name = id === this.#id ? `${id} own` : `${id}`;
      if (entry !== undefined && !opening.kept.has(name)) opening.keep(name, keptBytes(entry.texts));
    }
  }

  // ---- the record path ----

  decode(buffer: Uint8Array, start: number, end: number): T {
    if (end - start < headerBytes || buffer[start] !== magic) throw this.#noFrame(buffer, start, end);
    const id = idAt(buffer, start);
    const read = id === this.#lastId ? this.#lastRead : this.#readOf(id);
    try {
      // The user says what the topic holds; the schema checks it.
      return readRange(read, buffer, start + headerBytes, end) as T;
    } catch (error) {
      throw error instanceof AvroError ? this.#located(error, id) : error;
    }
  }

  encodeInto(value: T, writer: ByteWriter): void {
    const id = this.#id ?? this.#idNow();
    const write = (this.#write ??= compileWriter((this.#own as OwnSchema).root, this.#settings));
    writer.reserve(headerBytes);
    writer.buffer[writer.position] = magic;
    writer.position = writer.buffer.writeInt32BE(id, writer.position + 1);
    try {
      write(writer, value);
    } catch (error) {
      throw error instanceof AvroError ? this.#located(error, id) : error;
    }
  }

  #readOf(id: number): Read {
    let read = this.#reads.get(id);
    if (read === undefined) {
      const { root } = this.#entryOf(id);
      try {
        read = compileReader(root, this.#own?.root ?? root, this.#settings);
      } catch (error) {
        read = (): never => {
          throw error;
        };
      }
      this.#seen.add(id);
      this.#reads.set(id, read);
    }
    this.#lastId = id;
    this.#lastRead = read;
    return read;
  }

  /** Known, or answered at once; what is neither is asked for, so that it is known to who comes back. */
  #entryOf(id: number): CatalogEntry {
    const known = this.#catalog.known(id);
    if (known !== undefined) return known;
    let asked: MaybePromise<CatalogEntry>;
    try {
      asked = this.#catalog.fetch(id);
    } catch (error) {
      throw this.#located(asAvroError(error, id), id);
    }
    if (!(asked instanceof Promise)) return asked;
    // Whoever asks again hears of a failure.
    asked.catch(() => {});
    const failure = this.#failures.get(id);
    if (failure !== undefined) throw this.#located(failure, id);
    throw this.#located(new AvroError('MR_AVRO_NOT_PREPARED', `schema id ${id} is not known yet; it is being fetched`), id);
  }

  #idNow(): number {
    const target = this.#target;
    const known = this.#own === undefined ? undefined : this.#catalog.idOf(this.#own.root);
    const opened = attempt(
      () => chain(this.#openOwn('sink'), () => this.#openWriting()),
      (error) => {
        // Unless the schema has an id from elsewhere, there is nothing to write.
        if (known === undefined) throw error;
      },
    );
    if (opened instanceof Promise) opened.catch(() => {});
    if (this.#id === undefined && known !== undefined) this.#id = known;
    if (this.#id !== undefined) return this.#id;
    const where = target === undefined ? 'no topic' : `the ${target.role} of ${target.topic}`;
    throw new AvroError(
      'MR_AVRO_NOT_PREPARED',
      `the serde was not opened for ${where}, and the schema has no id yet; it is being registered`,
      {
        details: { topic: target?.topic, role: target?.role },
      },
    );
  }

  #subject(given: string | undefined): string {
    if (given !== undefined) return given;
    if ('latestOf' in this.#source && this.#source.latestOf !== undefined) return this.#source.latestOf;
    const strategy: SubjectName = this.#options.subject ?? 'topic';
    const target = this.#target;
    if (target === undefined && strategy !== 'record') {
      throw new AvroError(
        'MR_AVRO_NOT_PREPARED',
        'the serde is used for no topic, so that it has no subject: bind it, or use the strategy record',
      );
    }
    return subjectOf(strategy, target ?? { topic: '', role: 'value' }, this.#own?.root);
  }

  #noFrame(buffer: Uint8Array, start: number, end: number): AvroError {
    const found = end - start < headerBytes ? `${end - start} byte(s)` : `the first byte ${String(buffer[start])}`;
    return new AvroError('MR_AVRO_FRAME_INVALID', `expected a zero byte and a schema id, got ${found}`, {
      details: this.#place(undefined),
    });
  }

  #located(error: AvroError, id: number): AvroError {
    const target = this.#target;
    const where = target === undefined ? `schema id ${id}` : `${target.role} of ${target.topic}, schema id ${id}`;
    return error.text.endsWith(`(${where})`) ? error : error.at(this.#place(id), where);
  }

  #place(id: number | undefined): AvroErrorDetails {
    const target = this.#target;
    let subject: string | undefined;
    if (target !== undefined || 'latestOf' in this.#source) subject = attemptSubject(() => this.#subject(undefined));
    return { topic: target?.topic, role: target?.role, subject, id };
  }
}

/** What the id −1 is read with, which hostile bytes have before any other id was seen. */
function readNothing(): never {
  throw new AvroError('MR_AVRO_SCHEMA_UNKNOWN', 'no registry gives negative ids');
}

/** What is missing is asked for when a record wants it. */
function ignoreAvroError(error: unknown): void {
  if (!(error instanceof AvroError)) throw error;
}

/** For details of an error, where it is no error that there is none. */
function attemptSubject(name: () => string): string | undefined {
  try {
    return name();
  } catch {
    // The error that is being told says more.
    return undefined;
  }
}

function idAt(buffer: Uint8Array, start: number): number {
  return (
    ((buffer[start + 1] as number) << 24) |
    ((buffer[start + 2] as number) << 16) |
    ((buffer[start + 3] as number) << 8) |
    (buffer[start + 4] as number)
  );
}

function asAvroError(error: unknown, id: number): AvroError {
  if (error instanceof AvroError) return error;
  return new AvroError('MR_AVRO_REGISTRY_UNAVAILABLE', `the registry failed on schema id ${id}`, { details: { id }, cause: error });
}
