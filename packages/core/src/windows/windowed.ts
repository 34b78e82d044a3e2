/** A key in a window: what windowed tables are keyed by. Kafka Streams: `org.apache.kafka.streams.kstream.Windowed`. */

/** Bounds in ms. Time windows exclude `end`; session and sliding windows include it. `Infinity`: the window has no end. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** How Java prints the end of a window without end. */
const noEnd = '9223372036854775807';

export class Windowed<out K> {
  readonly key: K;
  readonly window: Window;

  constructor(key: K, window: Window) {
    this.key = key;
    this.window = window;
  }

  /** `[key@start/end]`, as Kafka Streams prints it. */
  toString(): string {
    const { start, end } = this.window;
    return `[${String(this.key)}@${start}/${end === Number.POSITIVE_INFINITY ? noEnd : end}]`;
  }
}
