/** The code of docs/topology.md. */
import { StreamsBuilder, diffTopologies, serdes } from 'millrace';
import { expect, test, vi } from 'vitest';

test('a topology and its next version', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), optimize: 'all', requireNames: true });

  builder
    .stream('lines')
    .groupBy((line) => line, { name: 'by-line' })
    .count({ store: 'line-counts' });

  const topology = builder.build();

  expect(topology.describe()).toContain('Sub-topology: 1');
  expect(topology.describe('mermaid')).toContain('flowchart');
  expect(JSON.parse(topology.describe('json'))).toEqual(JSON.parse(JSON.stringify(topology)));

  const renamed = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  renamed
    .stream('lines')
    .groupBy((line) => line, { name: 'by-line' })
    .count({ store: 'counts' });
  const deployed = topology;
  const next = renamed.build();
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});

  const diff = diffTopologies(deployed, next);

  expect(diff.verdict).toBe('losesState');
  expect(diff.rollingUpgrade).toBe(false);
  console.log(String(diff));

  expect(log.mock.calls[0]?.[0]).toContain('line-counts');
  log.mockRestore();
});

test('names that are missing are listed', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), requireNames: true });
  builder
    .stream('lines')
    .groupBy((line) => line)
    .count();

  expect(() => builder.build()).toThrow(/KSTREAM-AGGREGATE-STATE-STORE-\d+/);
});
