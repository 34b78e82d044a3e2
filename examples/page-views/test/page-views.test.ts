/** Views count for the region that the user had at the time of the view. */
import { performEmbedded, rehearse } from '@millrace/example-stage';
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { expect, test } from 'vitest';
import { play } from '../src/play.ts';
import { type User, type View, topology } from '../src/topology.ts';

test('a view later than its window and the grace counts no more', () => {
  using driver = new TopologyTestDriver(topology);
  const users = driver.createInputTopic('users', { key: serdes.string(), value: serdes.json<User>() });
  const views = driver.createInputTopic('page-views', { key: serdes.string(), value: serdes.json<View>() });
  const counts = driver.createOutputTopic('views-by-region', { key: serdes.string(), value: serdes.long() });
  users.pipeInput({ key: 'ada', value: { region: 'europe' }, timestamp: 0 });

  views.pipeInput({ key: 'ada', value: { page: '/' }, timestamp: 0 });
  views.pipeInput({ key: 'ada', value: { page: '/' }, timestamp: 69_999 });
  views.pipeInput({ key: 'ada', value: { page: '/' }, timestamp: 59_999 });
  views.pipeInput({ key: 'ada', value: { page: '/' }, timestamp: 70_000 });
  views.pipeInput({ key: 'ada', value: { page: '/' }, timestamp: 59_999 });

  expect(counts.readKeyValuesToMap()).toEqual(
    new Map([
      ['1970-01-01T00:00:00.000Z europe', 2],
      ['1970-01-01T00:01:00.000Z europe', 2],
    ]),
  );
});

test('the play counts five region-minutes', () => {
  expect(rehearse(play).get('views-by-region')).toEqual([
    { key: '2026-01-01T12:00:00.000Z asia', value: 1 },
    { key: '2026-01-01T12:00:00.000Z europe', value: 2 },
    { key: '2026-01-01T12:00:00.000Z unknown', value: 1 },
    { key: '2026-01-01T12:01:00.000Z africa', value: 1 },
    { key: '2026-01-01T12:01:00.000Z asia', value: 1 },
  ]);
});

test('on a cluster the tables are those of the test driver', async () => {
  expect(await performEmbedded(play)).toEqual(rehearse(play));
});
