/** Users move and look at pages. */
import { type Play, rows, script } from '@millrace/example-stage';
import { serdes } from 'millrace';
import { type User, type View, topology } from './topology.ts';

const noon = Date.UTC(2026, 0, 1, 12);

const views: readonly (readonly [second: number, user: string, page: string])[] = [
  [10, 'ada', '/'],
  [20, 'ben', '/'],
  [30, 'ada', '/tea'],
  [40, 'eve', '/'],
  [70, 'ada', '/jam'],
  [80, 'ben', '/tea'],
];

export const play: Play = {
  applicationId: 'page-views',
  about: 'Page views by region and minute:',
  topology,
  inputs: [
    script('users', serdes.string(), serdes.json<User>(), [
      { key: 'ada', value: { region: 'europe' }, timestamp: noon },
      { key: 'ben', value: { region: 'asia' }, timestamp: noon },
      { key: 'ada', value: { region: 'africa' }, timestamp: noon + 60_000 },
    ]),
    script(
      'page-views',
      serdes.string(),
      serdes.json<View>(),
      views.map(([second, key, page]) => ({ key, value: { page }, timestamp: noon + second * 1_000 })),
    ),
  ],
  outputs: [rows('views-by-region', serdes.string(), serdes.long())],
};
