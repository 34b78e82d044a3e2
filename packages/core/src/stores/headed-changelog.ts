/**
 * The changelog of a store whose records carry the headers of the record in progress: Kafka Streams 4.3 keeps those of stream-stream joins and of foreign keys' subscriptions
 * so, though what comes out never shows it.
 */
import type { Headers } from '../headers.ts';
import type { OutputPartition } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { RecordContext } from './record-context.ts';

export class HeadedChangelog implements OutputPartition {
  readonly tp: TopicPartition;
  readonly #changelog: OutputPartition;
  readonly #context: RecordContext;

  constructor(changelog: OutputPartition, context: RecordContext) {
    this.tp = changelog.tp;
    this.#changelog = changelog;
    this.#context = context;
  }

  get appended(): number {
    return this.#changelog.appended;
  }

  append(
    timestamp: number,
    keyBuffer: Uint8Array,
    keyStart: number,
    keyEnd: number,
    valueBuffer: Uint8Array,
    valueStart: number,
    valueEnd: number,
    headers: Headers | null,
  ): void {
    const carried = headers ?? this.#context.headers;
    this.#changelog.append(timestamp, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd, carried);
  }
}
