/** Users who fail to log in at least three times within a minute, wherever the minute begins: sliding windows, filtered by their count. */
import { StreamsBuilder, type Topology, serdes, slidingWindows } from 'millrace';

export interface Login {
  readonly address: string;
  readonly succeeded: boolean;
}

export interface Alarm {
  readonly failures: number;
  readonly from: number;
  readonly to: number;
}

const suspicious = 3;

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.json<Login>(), requireNames: true });

builder
  .stream('logins')
  .filterNot((login) => login.succeeded)
  .groupByKey()
  .windowedBy(slidingWindows({ difference: '1m', grace: '5s' }))
  .count({ store: { name: 'failures', caching: false } })
  .toStream()
  .filter((failures) => failures !== null && failures >= suspicious)
  .map((failures, { key, window }) => [key, { failures: failures ?? 0, from: window.start, to: window.end }])
  .to('alarms', { key: serdes.string(), value: serdes.json<Alarm>() });

export const topology: Topology = builder.build();
