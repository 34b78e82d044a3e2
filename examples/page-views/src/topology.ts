/** Page views by the region of who looked, in windows of a minute: a stream enriched by a table, then counted under another key. */
import { StreamsBuilder, type Topology, serdes, timeWindows } from 'millrace';

export interface View {
  readonly page: string;
}

export interface User {
  readonly region: string;
}

const builder = new StreamsBuilder({ key: serdes.string(), requireNames: true });

const users = builder.table('users', { value: serdes.json<User>(), store: 'users' });

builder
  .stream('page-views', { value: serdes.json<View>() })
  // Views of users who are not known count too.
  .leftJoin(users, (_view, user) => user?.region ?? 'unknown')
  .groupBy((region) => region, { name: 'by-region', value: serdes.string() })
  .windowedBy(timeWindows({ size: '1m', grace: '10s' }))
  .count({ store: 'views-by-region' })
  .toStream((_count, { key, window }) => `${new Date(window.start).toISOString()} ${key}`)
  .to('views-by-region', { value: serdes.long() });

export const topology: Topology = builder.build();
