/** Songs enter and leave the charts. */
import { performEmbedded, rehearse } from '@millrace/example-stage';
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { expect, test } from 'vitest';
import { play } from '../src/play.ts';
import { type Ranked, type Song, topology } from '../src/topology.ts';

test('a song that is played enough pushes another out', () => {
  using driver = new TopologyTestDriver(topology);
  const songs = driver.createInputTopic('songs', { key: serdes.string(), value: serdes.json<Song>() });
  const plays = driver.createInputTopic('plays', { key: serdes.string(), value: serdes.string() });
  const charts = driver.createOutputTopic('top-songs', { key: serdes.string(), value: serdes.json<readonly Ranked[]>() });
  for (const title of ['a', 'b', 'c', 'd']) songs.pipeInput({ key: title, value: { title, genre: 'jazz' } });

  for (const song of ['a', 'b', 'c', 'a', 'b', 'c', 'd']) plays.pipeInput(song);
  expect(
    charts
      .readValuesToList()
      .at(-1)
      ?.map(({ song }) => song),
  ).toEqual(['a', 'b', 'c']);

  for (const song of ['d', 'd']) plays.pipeInput(song);
  expect(charts.readValuesToList().at(-1)).toEqual([
    { song: 'd', plays: 3 },
    { song: 'a', plays: 2 },
    { song: 'b', plays: 2 },
  ]);
});

test('the play ranks two genres', () => {
  expect(rehearse(play).get('top-songs')).toEqual([
    { key: 'classical', value: [{ song: 'Sonata', plays: 1 }] },
    {
      key: 'jazz',
      value: [
        { song: 'Slow Train', plays: 4 },
        { song: 'Green Door', plays: 3 },
        { song: 'Old Hat', plays: 2 },
      ],
    },
  ]);
});

test('on a cluster the tables are those of the test driver', async () => {
  expect(await performEmbedded(play)).toEqual(rehearse(play));
});
