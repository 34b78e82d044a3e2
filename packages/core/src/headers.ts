/** Record headers: an ordered list in which names may repeat and values may be null, as Kafka has them. */

import { StreamsError } from './errors.ts';
import { shown } from './option-checks.ts';

export interface Header {
  readonly key: string;
  readonly value: Uint8Array | null;
}

const none: readonly Header[] = [];

/**
 * A mutable set of headers over an immutable list, so that a copy costs one small object however many headers there are.
 * Kafka Streams: `org.apache.kafka.common.header.Headers`.
 */
export class Headers implements Iterable<Header> {
  #list: readonly Header[];

  /**
   * A set of its own of the headers given, in which text became UTF-8.
   *
   * @throws MR_ARGUMENT_INVALID for what is no list of headers
   */
  constructor(headers: Iterable<Header> = none) {
    this.#list = headers === none ? none : checkedList(headers);
  }

  /** @internal Headers that Millrace made: not looked at, and not copied. */
  static trusted(headers: readonly Header[]): Headers {
    const made = new Headers();
    made.#list = headers;
    return made;
  }

  /** Number of headers. */
  get size(): number {
    return this.#list.length;
  }

  /**
   * Headers that a user gave: a copy, in which text became UTF-8.
   *
   * @throws MR_ARGUMENT_INVALID for what is no list of headers
   */
  static of(given: Headers | Iterable<Header>): Headers {
    return given instanceof Headers ? given.copy() : new Headers(given);
  }

  /**
   * Appends a header; text is written as UTF-8.
   *
   * @throws MR_ARGUMENT_INVALID for a name that is no text, or a value that is neither bytes, text nor null
   */
  add(key: string, value: Uint8Array | string | null): this {
    this.#list = [...this.#list, checkedHeader(key, value)];
    return this;
  }

  /** Removes every header of this name. */
  remove(key: string): this {
    this.#list = this.#list.filter((header) => header.key !== key);
    return this;
  }

  /** The last header of this name. */
  last(key: string): Header | undefined {
    return this.#list.findLast((header) => header.key === key);
  }

  /** The headers in order, as they are now: later changes do not show. */
  toArray(): readonly Header[] {
    return this.#list;
  }

  /** A copy that changes on its own. */
  copy(): Headers {
    return Headers.trusted(this.#list);
  }

  [Symbol.iterator](): Iterator<Header> {
    return this.#list[Symbol.iterator]();
  }
}

/** JavaScript may pass anything: an object or a map with an entry for each header, or text, which is a list too. */
function checkedList(given: unknown): readonly Header[] {
  const isList = typeof given === 'object' && given !== null && Symbol.iterator in given && !(given instanceof Map);
  if (!isList) throw refused(`headers must be a list of { key, value }, got ${shown(given)}`);
  return Array.from(given as Iterable<unknown>, checked);
}

function checked(header: unknown): Header {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw refused(`headers must be a list of { key, value }, got ${shown(header)} in it`);
  }
  const { key, value } = header as Partial<Header>;
  return checkedHeader(key, value);
}

function checkedHeader(key: unknown, value: unknown): Header {
  if (typeof key !== 'string') throw refused(`the name of a header must be text, got ${shown(key)}`);
  if (typeof value === 'string') return { key, value: Buffer.from(value) };
  if (value === null || value instanceof Uint8Array) return { key, value };
  throw refused(`the value of the header "${key}" must be bytes, text or null, got ${shown(value)}`);
}

function refused(message: string): StreamsError {
  return new StreamsError('MR_ARGUMENT_INVALID', message);
}
