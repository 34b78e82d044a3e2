/** The code of docs/windows.md. */
import { TopologyTestDriver } from '@millrace/testing';
import { StreamsBuilder, serdes, timeWindows } from 'millrace';
import { expect, test } from 'vitest';

test('windows', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  const clicks = builder.stream('clicks');

  const perMinute = clicks
    .groupByKey()
    .windowedBy(timeWindows({ size: '1m', grace: '10s' }))
    .count({ store: 'clicks-per-minute' });

  perMinute.toStream((_clicks, { key, window }) => `${key}@${window.start}`).to('clicks-per-minute', { value: serdes.long() });

  clicks
    .groupByKey()
    .windowedBy(timeWindows({ size: '1m', grace: '10s' }), { emit: 'onWindowClose' })
    .count({ store: 'final-by-emit' })
    .toStream()
    .to('final-by-emit', { key: serdes.timeWindowed(serdes.string(), { size: '1m' }), value: serdes.long() });

  perMinute
    .suppress({ until: 'windowClose', name: 'final' })
    .toStream()
    .to('final-by-suppress', { key: serdes.timeWindowed(serdes.string(), { size: '1m' }), value: serdes.long() });

  using driver = new TopologyTestDriver(builder.build());
  const input = driver.createInputTopic('clicks', { key: serdes.string(), value: serdes.string() });
  for (const timestamp of [0, 65_000, 59_000, 70_000, 59_000]) input.pipeInput({ key: 'ada', value: '/', timestamp });

  const updates = driver.createOutputTopic('clicks-per-minute', { key: serdes.string(), value: serdes.long() });
  expect(updates.readKeyValuesToList()).toEqual([
    { key: 'ada@0', value: 1 },
    { key: 'ada@60000', value: 1 },
    { key: 'ada@0', value: 2 },
    { key: 'ada@60000', value: 2 },
  ]);
  const windowed = { key: serdes.timeWindowed(serdes.string(), { size: '1m' }), value: serdes.long() };
  for (const topic of ['final-by-emit', 'final-by-suppress']) {
    const finals = driver.createOutputTopic(topic, windowed).readKeyValuesToList();
    expect(finals.map(({ key, value }) => [String(key), value])).toEqual([['[ada@0/60000]', 2]]);
  }
});
