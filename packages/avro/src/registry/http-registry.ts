/** A registry over its REST API (Confluent's, which Apicurio and others serve too), by Node's own fetch. Types: `application/vnd.schemaregistry.v1+json`. */
import type { Clock, Duration } from '@millrace/core';
import { parseDuration } from '@millrace/core';
import { sleep, systemClock } from '@millrace/core/kafka';
import { AvroError } from '../errors.ts';
import { shorten } from '../schema/parse-schema.ts';
import { type HttpAnswer, type HttpSend, sendByFetch, sendByTls, type TlsOptions } from './http-send.ts';
import type { SchemaReference, SchemaRegistry, SchemaText, SchemaVersion } from './schema-registry.ts';

/** User and password, or a token; a function is asked before every request, so that a token can be renewed. */
export type RegistryAuth =
  | { readonly username: string; readonly password: string }
  | { readonly token: string | (() => string | Promise<string>) };

export interface SchemaRegistryOptions {
  /** One address or several of one registry, e.g. `http://localhost:8081` or `http://localhost:8080/apis/ccompat/v7`. The next is tried where one does not answer. */
  readonly url: string | readonly string[];
  readonly auth?: RegistryAuth | undefined;
  /** Certificates for https, PEM. Without them Node's own are used, and those of `NODE_EXTRA_CA_CERTS`. */
  readonly tls?: TlsOptions | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Of one request, connecting and reading included. @default '10s' */
  readonly requestTimeout?: Duration | undefined;
  /** Further rounds over all addresses where none answered, with growing pauses from 100 ms to 2 s. @default 3 */
  readonly retries?: number | undefined;
  /** Instead of Node's fetch: a proxy, a recorder. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly clock?: Clock | undefined;
}

const firstPauseMs = 100;
const longestPauseMs = 2_000;
const contentType = 'application/vnd.schemaregistry.v1+json';

/** @throws MR_AVRO_CONFIG_INVALID for options that cannot be */
export function schemaRegistry(options: SchemaRegistryOptions): SchemaRegistry {
  return new HttpRegistry(options);
}

class HttpRegistry implements SchemaRegistry {
  readonly clock: Clock;
  readonly #urls: readonly string[];
  readonly #auth: RegistryAuth | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #requestTimeoutMs: number;
  readonly #retries: number;
  readonly #send: HttpSend;
  /** Index of the address that answered last: the first to be asked next. */
  #answering = 0;

  constructor(options: SchemaRegistryOptions) {
    const { auth, clock = systemClock, fetch, headers = {}, requestTimeout = '10s', retries = 3, tls, url } = options;
    this.clock = clock;
    this.#urls = (typeof url === 'string' ? [url] : url).map(checkUrl);
    const plain = tls === undefined ? undefined : this.#urls.find((address) => !address.startsWith('https:'));
    if (plain !== undefined) throw new AvroError('MR_AVRO_CONFIG_INVALID', `tls is given, and ${plain} is no https address`);
    if (this.#urls.length === 0) throw new AvroError('MR_AVRO_CONFIG_INVALID', 'the schema registry needs at least one url');
    if (!Number.isInteger(retries) || retries < 0)
      throw new AvroError('MR_AVRO_CONFIG_INVALID', `retries must be 0 or more, got ${retries}`);
    this.#requestTimeoutMs = parseDuration(requestTimeout);
    if (!(this.#requestTimeoutMs > 0))
      throw new AvroError('MR_AVRO_CONFIG_INVALID', `requestTimeout must be above 0, got ${requestTimeout}`);
    this.#auth = auth;
    this.#headers = headers;
    this.#retries = retries;
    this.#send = tls === undefined ? sendByFetch(fetch ?? globalThis.fetch) : sendByTls(tls);
  }

  async schema(id: number): Promise<SchemaText> {
    const answer = await this.#call('GET', `/schemas/ids/${id}`, undefined, { id });
    return textOf(answer, `schema id ${id}`);
  }

  async subjects(): Promise<readonly string[]> {
    return listOf(await this.#call('GET', '/subjects', undefined, {}), 'string', 'the list of subjects');
  }

  async versions(subject: string): Promise<readonly number[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    return listOf<number>(await this.#call('GET', path, undefined, { subject }), 'number', `the versions of ${subject}`).toSorted(
      (a, b) => a - b,
    );
  }

  async version(subject: string, version: number | 'latest'): Promise<SchemaVersion> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    return versionOf(await this.#call('GET', path, undefined, { subject }), subject);
  }

  async lookUp(subject: string, text: SchemaText): Promise<SchemaVersion> {
    const answer = await this.#call('POST', `/subjects/${encodeURIComponent(subject)}`, bodyOf(text), { subject });
    return versionOf(answer, subject);
  }

  async register(subject: string, text: SchemaText): Promise<number> {
    const answer = await this.#call('POST', `/subjects/${encodeURIComponent(subject)}/versions`, bodyOf(text), { subject });
    const { id } = objectOf(answer, `the registration of ${subject}`);
    if (typeof id !== 'number') throw unexpected(answer, `the registration of ${subject}`);
    return id;
  }

  /** The body of a good answer; tries every address, and again after a pause. */
  async #call(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    place: { readonly id?: number; readonly subject?: string },
  ): Promise<unknown> {
    let failure: unknown;
    let pauseMs = firstPauseMs;
    for (let round = 0; ; round++) {
      for (let i = 0; i < this.#urls.length; i++) {
        const index = (this.#answering + i) % this.#urls.length;
        const url = `${this.#urls[index] as string}${path}`;
        try {
          const answer = await this.#ask(method, url, body);
          if (answer.status < 500 && answer.status !== 429 && !isStranger(answer)) {
            this.#answering = index;
            return accept(answer, url, method, place);
          }
          failure = new AvroError('MR_AVRO_REGISTRY_UNAVAILABLE', `${url} answered ${answer.status}: ${shorten(answer.body)}`, {
            details: { ...place, url, status: answer.status },
          });
        } catch (error) {
          if (error instanceof AvroError) throw error;
          failure = error;
        }
      }
      if (round >= this.#retries) break;
      await sleep(this.clock, pauseMs);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
    const reason = failure instanceof AvroError ? failure.text : reasonOf(failure);
    throw new AvroError('MR_AVRO_REGISTRY_UNAVAILABLE', `the schema registry did not answer ${method} ${path}: ${reason}`, {
      details: { ...place, url: this.#urls[0] },
      cause: failure,
    });
  }

  async #ask(method: string, url: string, body: string | undefined): Promise<HttpAnswer> {
    const stop = new AbortController();
    const timer = this.clock.setTimer(() => stop.abort(new Error(`no answer within ${this.#requestTimeoutMs} ms`)), this.#requestTimeoutMs);
    try {
      const headers: Record<string, string> = { ...this.#headers, accept: `${contentType}, application/json` };
      if (body !== undefined) headers['content-type'] = contentType;
      if (this.#auth !== undefined) headers['authorization'] = await authorization(this.#auth);
      return await this.#send({ method, url, headers, body, signal: stop.signal });
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      timer.cancel();
    }
  }
}

function checkUrl(url: string): string {
  if (typeof url !== 'string' || !/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new AvroError('MR_AVRO_CONFIG_INVALID', `${shorten(url)} is no http or https url of a schema registry`);
  const { password, username } = new URL(url);
  if (username !== '' || password !== '')
    throw new AvroError('MR_AVRO_CONFIG_INVALID', 'user and password stand in the url of the schema registry: give them as auth');
  return url.replace(/\/+$/, '');
}

async function authorization(auth: RegistryAuth): Promise<string> {
  if ('username' in auth) return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
  return `Bearer ${typeof auth.token === 'string' ? auth.token : await auth.token()}`;
}

/** Fetch says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function accept(answer: HttpAnswer, url: string, method: string, place: { readonly id?: number; readonly subject?: string }): unknown {
  const json = jsonOf(answer.body);
  if (answer.status >= 200 && answer.status < 300) {
    if (json === undefined) throw unexpected(answer.body, url);
    return json;
  }
  // Errors are objects with a message; anything else comes from a proxy.
  const { error_code: registryCode, message } = (json !== null && typeof json === 'object' ? json : {}) as {
    readonly error_code?: unknown;
    readonly message?: unknown;
  };
  const words = typeof message === 'string' ? message : shorten(answer.body);
  const details = { ...place, url, status: answer.status, ...(typeof registryCode === 'number' ? { registryCode } : {}) };
  if (answer.status === 404)
    throw new AvroError('MR_AVRO_SCHEMA_UNKNOWN', `the schema registry has no ${placeOf(place)}: ${words}`, { details });
  if (method === 'POST' && (answer.status === 409 || answer.status === 422)) {
    throw new AvroError('MR_AVRO_SCHEMA_REFUSED', `the schema registry does not take the schema for ${placeOf(place)}: ${words}`, {
      details,
    });
  }
  throw new AvroError('MR_AVRO_REGISTRY_REFUSED', `the schema registry answered ${answer.status} to ${method} ${url}: ${words}`, {
    details,
  });
}

/** A 404 that is no JSON comes from what stands in front of a registry that is away, or from a wrong address; it does not say that a schema is unknown. */
function isStranger({ body, status }: HttpAnswer): boolean {
  const json = status === 404 ? jsonOf(body) : undefined;
  return status === 404 && (json === null || typeof json !== 'object');
}

function placeOf({ id, subject }: { readonly id?: number; readonly subject?: string }): string {
  if (id !== undefined) return `schema id ${id}`;
  return subject === undefined ? 'such thing' : `subject ${subject}`;
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON: undefined, which JSON has no word for.
    return undefined;
  }
}

function bodyOf({ references, schema }: SchemaText): string {
  return JSON.stringify(references.length === 0 ? { schema } : { schema, references });
}

function objectOf(answer: unknown, what: string): Readonly<Record<string, unknown>> {
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) throw unexpected(answer, what);
  // An object, seen as its entries.
  return answer as Readonly<Record<string, unknown>>;
}

function textOf(answer: unknown, what: string): SchemaText {
  const { references, schema, schemaType } = objectOf(answer, what);
  if (typeof schema !== 'string') throw unexpected(answer, what);
  if (typeof schemaType === 'string' && schemaType !== 'AVRO')
    throw new AvroError('MR_AVRO_SCHEMA_INVALID', `${what} is of type ${schemaType}, not Avro`);
  return { schema, references: Array.isArray(references) ? references.map((reference: unknown) => referenceOf(reference, what)) : [] };
}

function referenceOf(answer: unknown, what: string): SchemaReference {
  const { name, subject, version } = objectOf(answer, what);
  if (typeof name !== 'string' || typeof subject !== 'string' || typeof version !== 'number') throw unexpected(answer, what);
  return { name, subject, version };
}

function versionOf(answer: unknown, subject: string): SchemaVersion {
  const { id, version } = objectOf(answer, subject);
  if (typeof id !== 'number' || typeof version !== 'number') throw unexpected(answer, subject);
  return { ...textOf(answer, `version ${version} of ${subject}`), id, subject, version };
}

function listOf<T extends string | number>(answer: unknown, type: 'string' | 'number', what: string): readonly T[] {
  if (!Array.isArray(answer) || !answer.every((item) => typeof item === type)) throw unexpected(answer, what);
  // Every item was looked at.
  return answer as T[];
}

function unexpected(answer: unknown, what: string): AvroError {
  return new AvroError('MR_AVRO_REGISTRY_REFUSED', `the schema registry's answer for ${what} is not understood: ${shorten(answer)}`);
}
