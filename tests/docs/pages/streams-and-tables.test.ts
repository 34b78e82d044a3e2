/** The code of docs/streams-and-tables.md. */
import { TopologyTestDriver } from '@millrace/testing';
import { StreamsBuilder, serdes } from 'millrace';
import { expect, test } from 'vitest';

const topics = { key: serdes.string(), value: serdes.string() };

test('streams and tables', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });

  const clicks = builder.stream('clicks');
  const users = builder.table('users', { store: 'users' });
  const countries = builder.globalTable('countries', { store: 'countries' });

  clicks
    .filter((page) => page !== '/health')
    .mapValues((page) => page.toLowerCase())
    .selectKey((page) => page)
    .to('clicks-by-page');

  const { admin, api, site } = clicks.split(
    { admin: (page) => page.startsWith('/admin'), api: (page) => page.startsWith('/api') },
    { default: 'site' },
  );
  admin.merge(api).to('restricted');
  site.to('public');

  const lastClicks = clicks.toTable({ store: 'last-clicks' });
  lastClicks.toStream().to('last-clicks');

  using driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('clicks', topics);
  for (const page of ['/Tea', '/admin', '/api/v1', '/health']) input.pipeInput({ key: 'ada', value: page });
  const read = (topic: string): readonly (string | null)[] => driver.createOutputTopic(topic, topics).readValuesToList();

  expect(users.queryableStoreName).toBe('users');
  expect(countries.queryableStoreName).toBe('countries');
  expect(read('clicks-by-page')).toEqual(['/tea', '/admin', '/api/v1']);
  expect(read('restricted')).toEqual(['/admin', '/api/v1']);
  expect(read('public')).toEqual(['/Tea', '/health']);
  expect(read('last-clicks')).toEqual(['/Tea', '/admin', '/api/v1', '/health']);
});
