import { expect, test } from 'vitest';
import { Names, validateName } from '../../src/topology/names.ts';

test('one counter numbers processors and stores', () => {
  const names = new Names();
  expect(names.processor('KSTREAM-SOURCE-')).toBe('KSTREAM-SOURCE-0000000000');
  expect(names.store('KSTREAM-AGGREGATE-')).toBe('KSTREAM-AGGREGATE-STATE-STORE-0000000001');
  names.skip();
  expect(names.processor('KSTREAM-MAP-')).toBe('KSTREAM-MAP-0000000003');
});

test('a given name consumes the index of the generated one', () => {
  const names = new Names();
  expect(names.named('mine', 'KSTREAM-MAP-')).toBe('mine');
  expect(names.suffixed('mine', '-sink', 'KSTREAM-SINK-')).toBe('mine-sink');
  expect(names.named(undefined, 'KSTREAM-MAP-')).toBe('KSTREAM-MAP-0000000002');
  expect(names.suffixed(undefined, '-sink', 'KSTREAM-SINK-')).toBe('KSTREAM-SINK-0000000003');
});

test('a repartition takes three indexes: sink, filter, source', () => {
  const names = new Names();
  expect(names.repartition('KSTREAM-AGGREGATE-STATE-STORE-0000000007')).toEqual({
    topic: 'KSTREAM-AGGREGATE-STATE-STORE-0000000007-repartition',
    sink: 'KSTREAM-SINK-0000000000',
    filter: 'KSTREAM-FILTER-0000000001',
    source: 'KSTREAM-SOURCE-0000000002',
  });
  expect(names.repartition('by-user')).toEqual({
    topic: 'by-user-repartition',
    sink: 'by-user-repartition-sink',
    filter: 'by-user-repartition-filter',
    source: 'by-user-repartition-source',
  });
  expect(names.repartition('x-repartition').topic).toBe('x-repartition');
  expect(names.processor('')).toBe('0000000009');
});

test.each(['a', 'A-z_0.9', '...', 'x'.repeat(249)])('%s is a name', (name) => {
  expect(() => validateName(name)).not.toThrow();
});

test.each(['', '.', '..', 'a/b', 'a b', 'é', 'x'.repeat(250), 'a\n'])('%j is no name', (name) => {
  expect(() => validateName(name)).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID', name: 'TopologyError' }));
});

test('a suffix counts for the length of a name', () => {
  expect(() => new Names().suffixed('x'.repeat(245), '-sink', 'P-')).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID' }));
});
