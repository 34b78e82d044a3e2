/** Visits begin, grow together and end. */
import { performEmbedded, rehearse } from '@millrace/example-stage';
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { expect, test } from 'vitest';
import { play } from '../src/play.ts';
import { type Click, type Visit, topology } from '../src/topology.ts';

const minute = 60_000;

function visitsOf(clicks: readonly (readonly [minute: number, page: string])[]): readonly (Visit | null)[] {
  using driver = new TopologyTestDriver(topology);
  const input = driver.createInputTopic('clicks', { key: serdes.string(), value: serdes.json<Click>() });
  const visits = driver.createOutputTopic('visits', { key: serdes.string(), value: serdes.json<Visit>() });
  for (const [at, page] of clicks) input.pipeInput({ key: 'ada', value: { page }, timestamp: at * minute });
  return visits.readValuesToList();
}

test('a visit is told when gap and grace are over, not before', () => {
  expect(
    visitsOf([
      [0, '/'],
      [30.9, '/tea'],
    ]),
  ).toEqual([]);
  expect(
    visitsOf([
      [0, '/'],
      [31, '/tea'],
    ]),
  ).toEqual([{ pages: ['/'], from: 0, to: 0 }]);
});

test('exactly the gap still belongs to the visit', () => {
  expect(
    visitsOf([
      [0, '/'],
      [30, '/tea'],
      [200, '/'],
    ]),
  ).toEqual([{ pages: ['/', '/tea'], from: 0, to: 30 * minute }]);
});

test('a late click between two visits makes them one', () => {
  expect(
    visitsOf([
      [0, '/'],
      [30.5, '/jam'],
      [15, '/tea'],
      [200, '/'],
    ]),
  ).toEqual([{ pages: ['/', '/jam', '/tea'], from: 0, to: 30.5 * minute }]);
});

test('on a cluster the tables are those of the test driver', async () => {
  expect(await performEmbedded(play)).toEqual(rehearse(play));
});
