/** What is known, what is forgotten. */
import { performEmbedded, rehearse } from '@millrace/example-stage';
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { expect, test } from 'vitest';
import { play } from '../src/play.ts';
import { type Reading, topology } from '../src/topology.ts';

function passed(timestamps: readonly number[]): readonly number[] {
  using driver = new TopologyTestDriver(topology);
  const topics = { key: serdes.string(), value: serdes.json<Reading>() };
  const readings = driver.createInputTopic('readings', topics);
  const unique = driver.createOutputTopic('unique-readings', topics);
  for (const timestamp of timestamps) readings.pipeInput({ key: 'cellar', value: { id: 'c-1', celsius: 11 }, timestamp });
  return unique.readRecordsToList().map(({ timestamp }) => timestamp);
}

test.each([
  ['a copy at once', [0, 0], [0]],
  ['a copy ten minutes later', [0, 600_000], [0]],
  ['the same id after more than ten minutes', [0, 600_001], [0, 600_001]],
  ['a copy that is older than the first', [600_000, 0], [600_000]],
  ['copies that keep coming', [0, 400_000, 800_000, 1_200_000], [0]],
])('%s', (_, timestamps, expected) => {
  expect(passed(timestamps)).toEqual(expected);
});

test('the play has four readings', () => {
  expect(
    rehearse(play)
      .get('unique-readings')
      ?.map(({ value }) => value),
  ).toEqual([
    { id: 'a-1', celsius: 24 },
    { id: 'a-2', celsius: 25 },
    { id: 'c-1', celsius: 11 },
    { id: 'c-2', celsius: 11 },
  ]);
});

test('on a cluster the tables are those of the test driver', async () => {
  expect(await performEmbedded(play)).toEqual(rehearse(play));
});
