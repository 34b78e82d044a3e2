/** Topics that match a pattern and are there only after the start: the running task goes on with them. */
import {
  type Processor,
  type ProcessorContext,
  type Serde,
  serdes,
  StreamsBuilder,
  type StreamsBuilderOptions,
  type StreamRecord,
  type Topology,
} from '@millrace/core';
import { memory } from '@millrace/state/memory';
import { expect, it } from 'vitest';
import { TopologyTestDriver } from '../../src/index.ts';

const text = { key: serdes.string(), value: serdes.string() };

/** Tells how many records it saw since it was made, and from where. */
class Counting implements Processor<string, string, string, string> {
  #context!: ProcessorContext<string, string>;
  #seen = 0;

  init(context: ProcessorContext<string, string>): void {
    this.#context = context;
  }

  process(record: StreamRecord<string, string>): void {
    const { recordMetadata, taskId } = this.#context;
    this.#context.forward(record.withValue(`${taskId} ${recordMetadata?.topic} ${record.value} ${++this.#seen}`));
  }
}

function patterned(options: Partial<StreamsBuilderOptions<string, string>> = {}): Topology {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0, ...options });
  builder
    .stream(/in-.*/)
    .process(() => new Counting())
    .to('out');
  return builder.build();
}

it('are read by the task that runs: its processors stay', () => {
  using driver = new TopologyTestDriver(patterned(), { topics: ['in-1'] });
  const out = driver.createOutputTopic('out', text);
  const first = driver.createInputTopic('in-1', text);
  first.pipeInput('a');
  driver.createInputTopic('in-2', text).pipeInput('b');
  first.pipeInput('c');
  expect(out.readValuesToList()).toEqual(['0_0 in-1 a 1', '0_0 in-2 b 2', '0_0 in-1 c 3']);
});

it('may be the first: there was no task before', () => {
  using driver = new TopologyTestDriver(patterned());
  driver.createInputTopic('in-1', text).pipeInput('a');
  expect(driver.createOutputTopic('out', text).readValue()).toBe('0_0 in-1 a 1');
});

it('that no pattern matches are refused', () => {
  using driver = new TopologyTestDriver(patterned());
  expect(() => driver.createInputTopic('other', text)).toThrow(/MR_TOPIC_UNKNOWN/);
});

it('are read from their beginning after a crash, and not again what is committed', () => {
  using driver = new TopologyTestDriver(patterned(), { commit: 'manual' });
  const out = driver.createOutputTopic('out', text);
  const topic = driver.createInputTopic('in-1', text);
  topic.pipeInput('a');
  driver.commit();
  topic.pipeInput('b');
  driver.crash();
  expect(out.readValuesToList()).toEqual(['0_0 in-1 a 1', '0_0 in-1 b 1']);
});

it('come with tasks of their own where they have more partitions', () => {
  using driver = new TopologyTestDriver(patterned(), { topics: ['in-1'], partitions: { 'in-1': 1, 'in-2': 3 } });
  const out = driver.createOutputTopic('out', text);
  driver.createInputTopic('in-1', text).pipeInput({ key: 'k', value: 'a', partition: 0 });
  const second = driver.createInputTopic('in-2', text);
  for (const partition of [0, 1, 2]) second.pipeInput({ key: 'k', value: 'b', partition });
  expect(out.readValuesToList()).toEqual(['0_0 in-1 a 1', '0_0 in-2 b 2', '0_1 in-2 b 1', '0_2 in-2 b 1']);
});

it('that would change repartition topics stop the driver with a code', () => {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
  builder
    .stream(/in-.*/)
    .groupBy((value) => value)
    .count({ store: 'counts' });
  using driver = new TopologyTestDriver(builder.build(), { topics: ['in-1'], partitions: { 'in-1': 2, 'in-2': 3 } });
  const late = driver.createInputTopic('in-2', text);
  expect(() => late.pipeInput('x')).toThrow(/MR_INTERNAL_TOPIC_INVALID/);
});

it('may be written by the topology itself', () => {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
  builder.stream('start').to((value) => `in-${value}`);
  builder
    .stream(/in-.*/)
    .process(() => new Counting())
    .to('out');
  using driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic('start', text).pipeValues(['1', '2', '1']);
  expect(driver.createOutputTopic('out', text).readValuesToList()).toEqual(['0_0 in-1 1 1', '0_0 in-2 2 2', '0_0 in-1 1 3']);
});

it('prepare their serdes', async () => {
  const prepared: string[] = [];
  const { value: inner } = text;
  const value: Serde<string> = {
    immutable: true,
    primitive: true,
    format: 'string',
    decode: (buffer, start, end) => inner.decode(buffer, start, end),
    encodeInto: (decoded, writer) => inner.encodeInto(decoded, writer),
    prepare: async () => void prepared.push('value'),
  };
  const builder = new StreamsBuilder({ ...text, value, cacheBytes: 0 });
  builder.stream(/in-.*/).to('out', { value: serdes.string() });
  await using driver = await TopologyTestDriver.open(builder.build(), { state: memory() });
  await driver.createInputTopic('in-1', text).pipeInput('a');
  expect(prepared).toEqual(['value']);
  expect(driver.createOutputTopic('out', text).readValue()).toBe('a');
});

it('that two patterns match are refused with both', () => {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
  builder.stream(/in-.*/).to('out');
  builder.stream(/in-[0-9]/).to('digits');
  const topology = builder.build();
  const refused = expect.objectContaining({
    code: 'MR_TOPOLOGY_INVALID',
    message: expect.stringContaining('/in-.*/ and /in-[0-9]/') as string,
  }) as Error;
  expect(() => new TopologyTestDriver(topology, { topics: ['in-1'] })).toThrow(refused);
  using driver = new TopologyTestDriver(topology, { topics: ['in-a'] });
  driver.createInputTopic('in-a', text).pipeInput('a');
  expect(driver.createOutputTopic('out', text).readValue()).toBe('a');
  expect(() => driver.createInputTopic('in-1', text)).toThrow(refused);
});

it('one pattern may be read twice', () => {
  const builder = new StreamsBuilder({ ...text, cacheBytes: 0 });
  builder.stream(/in-.*/).to('out');
  builder.stream(/in-.*/).to('more');
  using driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic('in-1', text).pipeInput('a');
  for (const topic of ['out', 'more']) expect(driver.createOutputTopic(topic, text).readValue()).toBe('a');
});
