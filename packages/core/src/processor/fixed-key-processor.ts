/** Processors that cannot change a record's key, so that what comes out stays where it is partitioned. Kafka Streams: `FixedKeyProcessor`. */
import type { Headers, Header } from '../headers.ts';
import type { ProcessingContext } from './processor.ts';
import type { Ignored } from './synchronous.ts';

/** Only for the compiler: no other record fits, nor one that was copied by `{ ...record }`. */
declare class FixedKey {
  private readonly fixed: true;
}

/** A record whose key is fixed: made by the task alone, changed only by the methods here. */
export interface FixedKeyRecord<out K, out V> extends FixedKey {
  readonly key: K;
  readonly value: V;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers: Headers;
  withValue<V2>(value: V2): FixedKeyRecord<K, V2>;
  /** @throws MR_TIMESTAMP_INVALID if the timestamp is not a whole number from 0 to `Number.MAX_SAFE_INTEGER`. */
  withTimestamp(timestamp: number): FixedKeyRecord<K, V>;
  /** @throws MR_ARGUMENT_INVALID for what is no list of headers. Text in them becomes UTF-8. */
  withHeaders(headers: Headers | readonly Header[]): FixedKeyRecord<K, V>;
}

export interface FixedKeyProcessorContext<in K, in V> extends ProcessingContext {
  /**
   * Hands a record to every child in order, or to the child of that name.
   *
   * @throws MR_ARGUMENT_INVALID for a record that is not made of one that came in; otherwise as `ProcessorContext.forward`.
   */
  forward(record: FixedKeyRecord<K, V>, childName?: string): void;
}

export interface FixedKeyProcessor<in KIn, in VIn, out VOut> {
  /** Called once, before the first record. */
  init?(context: FixedKeyProcessorContext<KIn, VOut>): Ignored;
  /** Done when it returns: a promise is refused (MR_ASYNC_RESULT). */
  process(record: FixedKeyRecord<KIn, VIn>): Ignored;
  /** Called once, when the task closes or is suspended for good. */
  close?(): void;
}

/** Creates a node's processor; must return a new instance each time. */
export type FixedKeyProcessorFactory<KIn, VIn, VOut> = () => FixedKeyProcessor<KIn, VIn, VOut>;
