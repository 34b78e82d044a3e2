/** Record headers: an ordered list in which names may repeat and values may be null, as Kafka has them. */

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

  constructor(headers: readonly Header[] = none) {
    this.#list = headers;
  }

  /** Number of headers. */
  get size(): number {
    return this.#list.length;
  }

  /** Appends a header; text is written as UTF-8. */
  add(key: string, value: Uint8Array | string | null): this {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    this.#list = [...this.#list, { key, value: bytes }];
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
    return new Headers(this.#list);
  }

  [Symbol.iterator](): Iterator<Header> {
    return this.#list[Symbol.iterator]();
  }
}
