/** One user forgot the password, one is being attacked. */
import { type Play, rows, script } from '@millrace/example-stage';
import { serdes } from 'millrace';
import { type Alarm, type Login, topology } from './topology.ts';

const noon = Date.UTC(2026, 0, 1, 12);

const logins: readonly (readonly [second: number, user: string, succeeded: boolean])[] = [
  [0, 'ada', false],
  [10, 'ben', false],
  [40, 'ada', false],
  [50, 'ada', true],
  [55, 'ben', false],
  [65, 'ben', false],
  [130, 'ada', false],
];

export const play: Play = {
  applicationId: 'anomaly-detection',
  about: 'Users with three failed logins within a minute:',
  topology,
  inputs: [
    script(
      'logins',
      serdes.string(),
      serdes.json<Login>(),
      logins.map(([second, key, succeeded]) => ({ key, value: { address: '192.0.2.1', succeeded }, timestamp: noon + second * 1_000 })),
    ),
  ],
  outputs: [rows('alarms', serdes.string(), serdes.json<Alarm>(), 'stream')],
};
