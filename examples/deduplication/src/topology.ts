/** Drops events whose id was seen within the last ten minutes: a processor with a window store that forgets by itself. */
import {
  type FixedKeyProcessor,
  type FixedKeyProcessorContext,
  type FixedKeyRecord,
  StreamsBuilder,
  type Topology,
  type WindowStateStoreOptions,
  type WindowStore,
  parseDuration,
  serdes,
} from 'millrace';

export interface Reading {
  readonly id: string;
  readonly celsius: number;
}

const memoryMs = parseDuration('10m');

const seenIds: WindowStateStoreOptions<string, number> = {
  kind: 'window',
  name: 'seen-ids',
  key: serdes.string(),
  value: serdes.long(),
  retention: memoryMs,
  windowSize: memoryMs,
};

/** Times are those of the records, so that the same input gives the same output whenever it is processed. */
class FirstOfEachId implements FixedKeyProcessor<string, Reading, Reading> {
  #context: FixedKeyProcessorContext<string, Reading> | undefined;
  #seen: WindowStore<string, number> | undefined;

  init(context: FixedKeyProcessorContext<string, Reading>): void {
    this.#context = context;
    this.#seen = context.getStateStore(seenIds.name);
  }

  process(record: FixedKeyRecord<string, Reading>): void {
    const { timestamp, value } = record;
    // Whichever of two copies comes first, also where the later one has the smaller timestamp.
    const isKnown = this.#seen?.fetch(value.id, timestamp - memoryMs, timestamp + memoryMs).next().done === false;
    this.#seen?.put(value.id, timestamp, timestamp);
    if (!isKnown) this.#context?.forward(record);
  }
}

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.json<Reading>(), requireNames: true });

builder
  .stream('readings')
  .processValues({ create: () => new FirstOfEachId(), stores: [seenIds] }, { name: 'first-of-each-id' })
  .to('unique-readings', { value: serdes.json<Reading>() });

export const topology: Topology = builder.build();
