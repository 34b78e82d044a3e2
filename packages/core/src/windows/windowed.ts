/** A key in a window: what windowed tables are keyed by. Kafka Streams: `org.apache.kafka.streams.kstream.Windowed`. */

/** Bounds in ms. Time windows exclude `end`; session and sliding windows include it. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

export class Windowed<K> {
  readonly key: K;
  readonly window: Window;

  constructor(key: K, window: Window) {
    this.key = key;
    this.window = window;
  }
}
