/** The code of docs/processor-api.md. */
import { MockProcessorContext, TopologyTestDriver } from '@millrace/testing';
import {
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  StreamRecord,
  StreamsBuilder,
  type Topology,
  TopologyBuilder,
  serdes,
} from 'millrace';
import { expect, test } from 'vitest';

class Inactive implements Processor<string, string, string, string> {
  #context: ProcessorContext<string, string> | undefined;
  #lastSeen: KeyValueStore<string, number> | undefined;

  init(context: ProcessorContext<string, string>): void {
    this.#context = context;
    this.#lastSeen = context.getStateStore('last-seen');
    context.schedule('1m', 'stream', (now) => this.#tell(now));
  }

  process({ key, timestamp }: StreamRecord<string, string>): void {
    this.#lastSeen?.put(key, timestamp);
  }

  #tell(now: number): void {
    for (const { key, value } of this.#lastSeen?.all() ?? []) {
      if (now - value < 60_000) continue;
      this.#lastSeen?.delete(key);
      this.#context?.forward(StreamRecord.of({ key, value: 'inactive', timestamp: now }));
    }
  }
}

function tellsInactive(topology: Topology): void {
  using driver = new TopologyTestDriver(topology);
  const topics = { key: serdes.string(), value: serdes.string() };
  const events = driver.createInputTopic('events', topics);
  events.pipeInput({ key: 'ada', value: 'click', timestamp: 0 });
  events.pipeInput({ key: 'ben', value: 'click', timestamp: 60_000 });

  expect(driver.createOutputTopic('inactive', topics).readKeyValuesToList()).toEqual([{ key: 'ada', value: 'inactive' }]);
}

test('in a topology of streams', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });

  builder
    .stream('events')
    .process(
      { create: () => new Inactive(), stores: [{ name: 'last-seen', key: serdes.string(), value: serdes.long() }] },
      { name: 'inactive' },
    )
    .to('inactive');

  tellsInactive(builder.build());
});

test('node by node', () => {
  const nodes = new TopologyBuilder({ key: serdes.string(), value: serdes.string() });
  nodes
    .addSource('events', 'events')
    .addProcessor('inactive', () => new Inactive(), {
      parents: 'events',
      stores: [{ name: 'last-seen', key: serdes.string(), value: serdes.long() }],
    })
    .addSink('out', 'inactive', { parents: 'inactive' });

  tellsInactive(nodes.build());
});

test('alone', () => {
  const context = new MockProcessorContext<string, string>({ stores: [{ name: 'last-seen', key: serdes.string(), value: serdes.long() }] });
  const inactive = new Inactive();
  inactive.init(context);

  inactive.process(StreamRecord.of({ key: 'ada', value: 'click', timestamp: 0 }));
  context.scheduledPunctuators[0]?.punctuate(60_000);

  expect(context.forwarded().map(({ record }) => record.value)).toEqual(['inactive']);
});
