/** Alarms at the edges of the window. */
import { performEmbedded, rehearse } from '@millrace/example-stage';
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { expect, test } from 'vitest';
import { play } from '../src/play.ts';
import { type Alarm, type Login, topology } from '../src/topology.ts';

function alarmsFor(timestamps: readonly number[]): readonly (Alarm | null)[] {
  using driver = new TopologyTestDriver(topology);
  const logins = driver.createInputTopic('logins', { key: serdes.string(), value: serdes.json<Login>() });
  const alarms = driver.createOutputTopic('alarms', { key: serdes.string(), value: serdes.json<Alarm>() });
  for (const timestamp of timestamps) logins.pipeInput({ key: 'ada', value: { address: '192.0.2.1', succeeded: false }, timestamp });
  return alarms.readValuesToList();
}

test('three failures exactly a minute apart are within the minute', () => {
  expect(alarmsFor([100_000, 130_000, 160_000])).toEqual([{ failures: 3, from: 100_000, to: 160_000 }]);
});

test('a millisecond more is not', () => {
  expect(alarmsFor([100_000, 130_000, 160_001])).toEqual([]);
});

test('the play ends with one alarm', () => {
  const noon = Date.UTC(2026, 0, 1, 12);
  expect(rehearse(play).get('alarms')).toEqual([{ key: 'ben', value: { failures: 3, from: noon + 5_000, to: noon + 65_000 } }]);
});

test('on a cluster the tables are those of the test driver', async () => {
  expect(await performEmbedded(play)).toEqual(rehearse(play));
});
