/** Five songs, two genres. */
import { type Play, rows, script } from '@millrace/example-stage';
import { serdes } from 'millrace';
import { type Ranked, type Song, topology } from './topology.ts';

const noon = Date.UTC(2026, 0, 1, 12);

const songs: Readonly<Record<string, Song>> = {
  s1: { title: 'Blue Night', genre: 'jazz' },
  s2: { title: 'Slow Train', genre: 'jazz' },
  s3: { title: 'Old Hat', genre: 'jazz' },
  s4: { title: 'Green Door', genre: 'jazz' },
  s5: { title: 'Sonata', genre: 'classical' },
};
const plays = ['s1', 's2', 's4', 's2', 's5', 's3', 's4', 's4', 's3', 's2', 's2'];

export const play: Play = {
  applicationId: 'top-k',
  about: 'The most played songs of every genre:',
  topology,
  inputs: [
    script(
      'songs',
      serdes.string(),
      serdes.json<Song>(),
      Object.entries(songs).map(([key, value]) => ({ key, value, timestamp: noon })),
    ),
    script(
      'plays',
      serdes.string(),
      serdes.string(),
      plays.map((value, second) => ({ key: `listener-${second}`, value, timestamp: noon + second * 1_000 })),
    ),
  ],
  outputs: [rows('top-songs', serdes.string(), serdes.json<readonly Ranked[]>())],
};
