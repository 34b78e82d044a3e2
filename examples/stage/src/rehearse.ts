/** A play under the test driver: synchronous, in memory, no cluster. The input whose next record is the eldest goes first, as tasks on a cluster choose. */
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { type Play, type Script, type Story, tell } from './play.ts';

export function rehearse(play: Play): Story {
  using driver = new TopologyTestDriver(play.topology);
  const bytes = { key: serdes.bytes(), value: serdes.bytes() };
  const outputs = play.outputs.map((listing) => ({ listing, topic: driver.createOutputTopic(listing.topic, bytes) }));
  const queues = play.inputs.map(({ topic, records }) => ({ input: driver.createInputTopic(topic, bytes), records: [...records] }));
  for (;;) {
    const waiting = queues.filter(({ records }) => records.length > 0);
    if (waiting.length === 0) break;
    const { input, records } = waiting.reduce((a, b) => (headTime(b.records) < headTime(a.records) ? b : a));
    const [record] = records.splice(0, 1);
    if (record !== undefined) input.pipeInput(record);
  }
  return new Map(
    outputs.map(({ listing, topic }) => [
      listing.topic,
      tell(
        listing,
        topic.readRecordsToList().map(({ key, value }) => listing.read(key ?? new Uint8Array(0), value ?? null)),
      ),
    ]),
  );
}

function headTime(records: Script['records']): number {
  return records[0]?.timestamp ?? Number.POSITIVE_INFINITY;
}
