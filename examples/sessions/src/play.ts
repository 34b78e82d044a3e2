/** Two visits that a late click makes one, and time that goes on until they are over. */
import { type Play, rows, script } from '@millrace/example-stage';
import { serdes } from 'millrace';
import { type Click, type Visit, topology } from './topology.ts';

const noon = Date.UTC(2026, 0, 1, 12);

const clicks: readonly (readonly [minute: number, visitor: string, page: string])[] = [
  [0, 'ada', '/'],
  [10, 'ada', '/tea'],
  [40.5, 'ada', '/jam'],
  // Late, but within the grace: it is less than the gap from both visits.
  [30, 'ada', '/honey'],
  [200, 'ada', '/'],
];

export const play: Play = {
  applicationId: 'sessions',
  about: 'Visits that are over:',
  topology,
  inputs: [
    script(
      'clicks',
      serdes.string(),
      serdes.json<Click>(),
      clicks.map(([minute, key, page]) => ({ key, value: { page }, timestamp: noon + minute * 60_000 })),
    ),
  ],
  outputs: [rows('visits', serdes.string(), serdes.json<Visit>(), 'stream')],
};
