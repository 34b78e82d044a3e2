/** The code of docs/state-stores.md. */
import { TopologyTestDriver } from '@millrace/testing';
import { StreamsBuilder, serdes } from 'millrace';
import { expect, test } from 'vitest';

test('options of a store', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });

  builder.table('users', {
    store: {
      name: 'users',
      persistence: 'inMemory',
      caching: false,
      logging: { 'min.compaction.lag.ms': '60000' },
    },
  });

  const { internalTopics, subtopologies } = builder.build().toJSON();
  expect(subtopologies[0]?.stores).toMatchObject([{ name: 'users', persistence: 'inMemory', caching: false }]);
  expect(internalTopics).toMatchObject([{ name: 'users-changelog', configs: { 'min.compaction.lag.ms': '60000' } }]);
});

test('reading a store', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.table('prices', { store: { name: 'prices', historyRetention: '1h' } });
  using driver = new TopologyTestDriver(builder.build());
  const prices = driver.createInputTopic('prices', { key: serdes.string(), value: serdes.string() });
  prices.pipeInput({ key: 'tea', value: '3', timestamp: 1_000 });
  prices.pipeInput({ key: 'tea', value: '4', timestamp: 2_000 });

  const versions = driver.getVersionedKeyValueStore<string, string>('prices');
  expect(versions.get('tea')?.value).toBe('4');
  expect(versions.getAsOf('tea', 1_500)?.value).toBe('3');
});
