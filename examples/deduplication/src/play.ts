/** A sensor that sends again when nobody answers. */
import { type Play, rows, script } from '@millrace/example-stage';
import { serdes } from 'millrace';
import { type Reading, topology } from './topology.ts';

const noon = Date.UTC(2026, 0, 1, 12);

const readings: readonly (readonly [second: number, sensor: string, id: string, celsius: number])[] = [
  [0, 'cellar', 'c-1', 11],
  [1, 'cellar', 'c-1', 11],
  [2, 'attic', 'a-1', 24],
  [60, 'cellar', 'c-2', 11],
  [61, 'attic', 'a-1', 24],
  [59, 'cellar', 'c-2', 11],
  [120, 'attic', 'a-2', 25],
];

export const play: Play = {
  applicationId: 'deduplication',
  about: 'Readings, each of them once:',
  topology,
  inputs: [
    script(
      'readings',
      serdes.string(),
      serdes.json<Reading>(),
      readings.map(([second, key, id, celsius]) => ({ key, value: { id, celsius }, timestamp: noon + second * 1_000 })),
    ),
  ],
  outputs: [rows('unique-readings', serdes.string(), serdes.json<Reading>(), 'stream')],
};
