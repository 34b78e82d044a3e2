/** Runs a topology over text records and gives back what it wrote, as rows that a table of cases can hold. */
import { type KStream, serdes, StreamsBuilder, type StreamsBuilderOptions } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';

/** Key, value, timestamp; topic `in` unless a fourth says otherwise. */
export type In = readonly [key: string | null, value: string | null, timestamp: number, topic?: string];
/** Key, value, timestamp. */
export type Out = readonly [key: string | null, value: string | null, timestamp: number];

export interface Ran {
  /** What went to topic `out`. */
  readonly out: Out[];
  readonly dropped: number;
  readonly driver: TopologyTestDriver;
}

export type TextBuilder = StreamsBuilder<string, string>;

export function textBuilder(options: StreamsBuilderOptions<string, string> = {}): TextBuilder {
  return new StreamsBuilder({ key: serdes.string(), value: serdes.string(), cacheBytes: 0, ...options });
}

/** `build` ends with what shall go to `out`. */
export function run(
  build: (builder: TextBuilder) => KStream<string, string | null>,
  inputs: readonly In[],
  options: StreamsBuilderOptions<string, string> = {},
): Ran {
  const builder = textBuilder(options);
  build(builder).to('out', { key: serdes.string(), value: serdes.string() });
  const driver = new TopologyTestDriver(builder.build());
  for (const [key, value, timestamp, topic = 'in'] of inputs) {
    driver.createInputTopic(topic, { key: serdes.string(), value: serdes.string() }).pipeInput({ key, value, timestamp });
  }
  const records = driver.createOutputTopic('out', { key: serdes.string(), value: serdes.string() }).readRecordsToList();
  return { out: records.map(({ key, value, timestamp }) => [key, value, timestamp] as const), dropped: droppedBy(driver), driver };
}

export function droppedBy(driver: TopologyTestDriver): number {
  return driver
    .metrics()
    .filter(({ name }) => name === 'dropped-records-total')
    .reduce((sum, { value }) => sum + value, 0);
}
