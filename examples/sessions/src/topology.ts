/** Visits: clicks of a visitor that follow each other within half an hour. Each is told once, when it is over. */
import { StreamsBuilder, type Topology, serdes, sessionWindows } from 'millrace';

export interface Click {
  readonly page: string;
}

export interface Visit {
  readonly pages: readonly string[];
  readonly from: number;
  readonly to: number;
}

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.json<Click>(), requireNames: true });

builder
  .stream('clicks')
  .groupByKey()
  .windowedBy(sessionWindows({ gap: '30m', grace: '1m' }))
  .aggregate<readonly string[]>(
    () => [],
    (pages, click) => [...pages, click.page],
    // A click between two visits makes them one.
    (earlier, later) => [...earlier, ...later],
    { store: { name: 'visits', value: serdes.json<readonly string[]>() } },
  )
  .suppress({ until: 'windowClose', name: 'finished-visits' })
  .toStream()
  .map((pages, { key, window }) => [key, { pages: pages ?? [], from: window.start, to: window.end }])
  .to('visits', { key: serdes.string(), value: serdes.json<Visit>() });

export const topology: Topology = builder.build();
