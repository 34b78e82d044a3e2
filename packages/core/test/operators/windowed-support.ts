/** Runs windowed topologies over text records and shows what came out as `key@start/end=value@timestamp`. */
import {
  type KGroupedStream,
  type KTable,
  serdes,
  StreamRecord,
  StreamsBuilder,
  type StreamsBuilderOptions,
  type Topology,
  Windowed,
} from '@millrace/core';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@millrace/testing';

export type Grouped = KGroupedStream<string, string>;
export type Row = readonly [key: string | null, value: string | null, timestamp: number];

export const text = serdes.string();

/** `build` makes a windowed table of the records of `in`; its changes go to `out` as text, with a header for those that have one. */
export function topologyOf(
  build: (grouped: Grouped) => KTable<Windowed<string>, string | number>,
  options: StreamsBuilderOptions<string, string> = {},
): Topology {
  const builder = new StreamsBuilder({ key: text, value: text, cacheBytes: 0, ...options });
  build(builder.stream('in').groupByKey())
    .toStream()
    .process<string, string>(() => {
      let forward: (record: StreamRecord<string, string>) => void = () => {};
      return {
        init: (context) => {
          forward = (record) => context.forward(record);
        },
        process: (record) => forward(record.withKey(shown(record.key)).withValue(String(record.value))),
      };
    })
    .to('out', { key: text, value: text });
  return builder.build();
}

function shown({ key, window }: Windowed<string>): string {
  return `${key}@${window.start}/${window.end}`;
}

export class Windows {
  readonly driver: TopologyTestDriver;

  constructor(topology: Topology, options: TopologyTestDriverOptions = {}) {
    this.driver = new TopologyTestDriver(topology, options);
  }

  /** What the records cause. */
  pipe(...rows: readonly Row[]): string[] {
    const input = this.driver.createInputTopic('in', { key: text, value: text });
    for (const [key, value, timestamp] of rows) input.pipeInput({ key, value, timestamp, headers: [{ key: 'h', value: null }] });
    return this.out();
  }

  out(): string[] {
    return this.driver
      .createOutputTopic('out', { key: text, value: text })
      .readRecordsToList()
      .map(({ key, value, timestamp, headers }) => `${key}=${value}@${timestamp}${headers.length === 0 ? ' bare' : ''}`);
  }

  get dropped(): number {
    return this.driver.metrics().reduce((sum, { name, value }) => (name === 'dropped-records-total' ? sum + value : sum), 0);
  }
}
