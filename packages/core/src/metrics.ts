/**
 * Metrics as a port. Names and tags are Kafka Streams' where it has the metric (`dropped-records-total` …), so its dashboards transfer.
 * A counter is looked up once, when a node is created, and added to per record.
 */

export type MetricTags = Readonly<Record<string, string>>;

export interface Counter {
  readonly value: number;
  add(count: number): void;
}

export interface MetricSample {
  readonly name: string;
  readonly tags: MetricTags;
  readonly value: number;
}

export interface Metrics {
  /** The same name and tags give the same counter. */
  counter(name: string, tags?: MetricTags): Counter;
  /** `read` is called when the metrics are collected. A second gauge of the same name and tags replaces the first. */
  gauge(name: string, tags: MetricTags, read: () => number): void;
  /** Forgets every metric that carries these tags, e.g. those of a task that left. */
  remove(tags: MetricTags): void;
  /** All metrics as they are now. */
  collect(): readonly MetricSample[];
}

class SimpleCounter implements Counter {
  value = 0;

  add(count: number): void {
    this.value += count;
  }
}

function keyOf(name: string, tags: MetricTags): string {
  const parts = Object.keys(tags)
    .sort()
    .map((tag) => `${tag}=${tags[tag]}`);
  return [name, ...parts].join('\u0000');
}

/** Keeps metrics in memory; what runs when the user gives no registry. */
export class MetricsRegistry implements Metrics {
  readonly #counters = new Map<string, { name: string; tags: MetricTags; counter: SimpleCounter }>();
  readonly #gauges = new Map<string, { name: string; tags: MetricTags; read: () => number }>();

  counter(name: string, tags: MetricTags = {}): Counter {
    const key = keyOf(name, tags);
    let entry = this.#counters.get(key);
    if (entry === undefined) {
      entry = { name, tags, counter: new SimpleCounter() };
      this.#counters.set(key, entry);
    }
    return entry.counter;
  }

  gauge(name: string, tags: MetricTags, read: () => number): void {
    this.#gauges.set(keyOf(name, tags), { name, tags, read });
  }

  remove(tags: MetricTags): void {
    const wanted = Object.entries(tags);
    const matches = (other: MetricTags): boolean => wanted.every(([tag, value]) => other[tag] === value);
    for (const [key, entry] of this.#counters) if (matches(entry.tags)) this.#counters.delete(key);
    for (const [key, entry] of this.#gauges) if (matches(entry.tags)) this.#gauges.delete(key);
  }

  collect(): readonly MetricSample[] {
    const samples: MetricSample[] = [];
    for (const { name, tags, counter } of this.#counters.values()) samples.push({ name, tags, value: counter.value });
    for (const { name, tags, read } of this.#gauges.values()) samples.push({ name, tags, value: read() });
    return samples;
  }
}
