/**
 * The changelog of a store whose records carry the headers of the record in progress: Kafka Streams 4.3 keeps those of stream-stream joins and of foreign keys' subscriptions
 * so, though what comes out never shows it. Where tables are kept with room for headers, their deletions carry them, while their rows write none.
 */
import type { Headers } from '../headers.ts';
import type { OutputPartition } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { RecordContext } from './record-context.ts';

export class HeadedChangelog implements OutputPartition {
  readonly tp: TopicPartition;
  readonly #changelog: OutputPartition;
  readonly #context: RecordContext;
  readonly #deletionsOnly: boolean;

  constructor(changelog: OutputPartition, context: RecordContext, deletionsOnly: boolean) {
    this.tp = changelog.tp;
    this.#changelog = changelog;
    this.#context = context;
    this.#deletionsOnly = deletionsOnly;
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
    const carried = this.#deletionsOnly && valueStart >= 0 ? null : (headers ?? this.#context.headers);
    this.#changelog.append(timestamp, keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd, carried);
  }
}
