/** The three most played songs of every genre: a table of counts, grouped by genre, with a list that songs enter and leave. */
import { StreamsBuilder, type Topology, serdes } from 'millrace';

export interface Song {
  readonly title: string;
  readonly genre: string;
}

export interface Ranked {
  readonly song: string;
  readonly plays: number;
}

export const places = 3;

/** The charts know every song of the genre: a song that leaves makes room for one that has been below. */
type Charts = Readonly<Record<string, number>>;

function without(charts: Charts, song: string): Charts {
  const { [song]: _, ...others } = charts;
  return others;
}

const builder = new StreamsBuilder({ key: serdes.string(), requireNames: true });

const songs = builder.globalTable('songs', { value: serdes.json<Song>(), store: 'songs' });

builder
  .stream('plays', { value: serdes.string() })
  .groupBy((songId) => songId, { name: 'plays-by-song', value: serdes.string() })
  .count({ store: 'plays' })
  .toStream()
  .join(
    songs,
    (_plays, songId) => songId,
    (plays, song) => ({ ...song, plays: plays ?? 0 }),
  )
  .toTable({ store: { name: 'songs-with-plays', value: serdes.json<Song & { plays: number }>() } })
  .groupBy(({ genre, plays, title }) => [genre, { song: title, plays }], { name: 'by-genre', value: serdes.json<Ranked>() })
  .aggregate<Charts>(
    () => ({}),
    {
      add: (charts, { plays, song }) => ({ ...charts, [song]: plays }),
      subtract: (charts, { song }) => without(charts, song),
    },
    { store: { name: 'charts', value: serdes.json<Charts>() } },
  )
  .toStream()
  .mapValues((charts): readonly Ranked[] =>
    Object.entries(charts ?? {})
      .map(([song, plays]) => ({ song, plays }))
      .sort((a, b) => b.plays - a.plays || (a.song < b.song ? -1 : 1))
      .slice(0, places),
  )
  .to('top-songs', { value: serdes.json<readonly Ranked[]>() });

export const topology: Topology = builder.build();
