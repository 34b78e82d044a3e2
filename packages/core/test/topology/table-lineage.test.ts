import { expect, test } from 'vitest';
import { filteredView, mappedView } from '../../src/operators/table-reader.ts';
import type { ProcessingContext } from '../../src/processor/processor.ts';
import { AggregateLineage, DerivedLineage, SourceLineage } from '../../src/topology/table-lineage.ts';

const view = mappedView((value: string) => `${value}!`);

test('a source is stored once it is named, read or asked for old values with force', () => {
  expect(new SourceLineage('S', false).traits()).toEqual({ store: undefined, sendOldValues: false });
  expect(new SourceLineage('S', true).traits()).toEqual({ store: 'S', sendOldValues: false });
  const read = new SourceLineage('S', false);
  expect(read.requireReadable()).toEqual(['S']);
  expect(read.traits()).toEqual({ store: 'S', sendOldValues: false });
  const polite = new SourceLineage('S', false);
  expect(polite.requireOldValues(false)).toBe(false);
  expect(polite.traits()).toEqual({ store: undefined, sendOldValues: false });
  expect(polite.requireOldValues(true)).toBe(true);
  expect(polite.traits()).toEqual({ store: 'S', sendOldValues: true });
});

test('an aggregate is always stored and sends old values when asked', () => {
  const lineage = new AggregateLineage('A');
  expect(lineage.traits()).toEqual({ store: 'A', sendOldValues: false });
  expect(lineage.requireOldValues()).toBe(true);
  expect(lineage.requireReadable()).toEqual(['A']);
  expect(lineage.traits()).toEqual({ store: 'A', sendOldValues: true });
});

test('a view passes every wish on to where a store is', () => {
  const source = new SourceLineage('S', false);
  const derived = new DerivedLineage(new DerivedLineage(source, undefined, false, view), undefined, false, view);
  expect(derived.requireReadable()).toEqual(['S']);
  expect(derived.requireOldValues(true)).toBe(true);
  expect([source.traits(), derived.traits()]).toEqual([
    { store: 'S', sendOldValues: true },
    { store: undefined, sendOldValues: true },
  ]);
});

test('a derived table with a store of its own asks nobody', () => {
  const source = new SourceLineage('S', false);
  const stored = new DerivedLineage(source, 'D', false, view);
  expect(stored.requireOldValues(true)).toBe(true);
  expect(stored.requireReadable()).toEqual(['D']);
  expect(source.traits()).toEqual({ store: undefined, sendOldValues: false });
});

test.each([
  ['stored', true, true],
  ['not stored', false, false],
])('a filter takes old values where they cost nothing: source %s', (_name, isNamed, expected) => {
  expect(new DerivedLineage(new SourceLineage('S', isNamed), undefined, true, view).traits().sendOldValues).toBe(expected);
});

test('traits are those of the moment: what is asked later does not change a compiled topology', () => {
  const source = new SourceLineage('S', false);
  const before = source.traits();
  source.requireOldValues(true);
  expect(before).toEqual({ store: undefined, sendOldValues: false });
});

test('a reader computes views down to the store that holds the rows', () => {
  const rows = new Map([['k', { value: 'x', timestamp: 7 }]]);
  const opened: string[] = [];
  const context = {
    getStateStore: (name: string) => {
      opened.push(name);
      return { lookup: (key: string) => rows.get(key) };
    },
  } as unknown as ProcessingContext;
  const source = new SourceLineage('S', false);
  const mapped = new DerivedLineage(source, undefined, false, view);
  const filtered = new DerivedLineage(
    mapped,
    undefined,
    true,
    filteredView((value: string, key: string) => value === 'x!' && key === 'k', true),
  );
  expect(filtered.openReader<string, string>()(context).lookup('k')).toEqual({ value: 'x!', timestamp: 7 });
  expect(filtered.openReader<string, string>()(context).lookup('other')).toBeUndefined();
  const none = new DerivedLineage(
    filtered,
    undefined,
    false,
    mappedView(() => null),
  );
  expect(none.openReader<string, string>()(context).lookup('k')).toBeUndefined();
  expect(new Set(opened)).toEqual(new Set(['S']));
  expect(new DerivedLineage(source, 'D', false, view).openReader()(context)).toBeDefined();
  expect(opened.at(-1)).toBe('D');
});
