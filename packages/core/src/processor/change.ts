/** What flows between the nodes of a table: the new and the old value of a row. Kafka Streams: `org.apache.kafka.streams.kstream.internals.Change`. */

export class Change<V> {
  /** Null: the row was deleted. */
  readonly newValue: V | null;
  /** Null: there was no row, or nobody downstream asked for old values. */
  readonly oldValue: V | null;
  /** False for a version that is older than the row's latest (versioned stores). */
  readonly isLatest: boolean;

  constructor(newValue: V | null, oldValue: V | null, isLatest: boolean = true) {
    this.newValue = newValue;
    this.oldValue = oldValue;
    this.isLatest = isLatest;
  }
}
