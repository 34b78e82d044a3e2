import { joinWindows, type JoinWindowsOptions, type KStream, type StreamJoined, StreamsError, TopologyError } from '@millrace/core';
import { expect, test } from 'vitest';
import { type In, type Out, run, type TextBuilder, textBuilder } from './support.ts';

type Kind = 'inner' | 'left' | 'outer';
type Options = Partial<StreamJoined<string, string, string>>;

const show = (left: string | null, right: string | null): string => `${left ?? '-'}${right ?? '-'}`;

function joined(b: TextBuilder, kind: Kind, window: JoinWindowsOptions, options: Options = {}): KStream<string, string> {
  const [left, right] = [b.stream('l'), b.stream('r')];
  const all = { windows: joinWindows(window), ...options };
  if (kind === 'inner') return left.join(right, show, all);
  return kind === 'left' ? left.leftJoin(right, show, all) : left.outerJoin(right, show, all);
}

test.each<[string, JoinWindowsOptions, readonly In[], Out[]]>([
  [
    'both bounds belong to the window, on either side of the record',
    { difference: 10 },
    [
      ['a', '1', 100, 'l'],
      ['a', 'w', 89, 'r'],
      ['a', 'x', 90, 'r'],
      ['a', 'y', 110, 'r'],
      ['a', 'z', 111, 'r'],
    ],
    [
      ['a', '1x', 100],
      ['a', '1y', 110],
    ],
  ],
  [
    'before and after are the left record’s, whichever comes first',
    { difference: 10, before: 2, after: 5, grace: 100 },
    [
      ['a', 'w', 97, 'r'],
      ['a', 'x', 98, 'r'],
      ['a', 'y', 105, 'r'],
      ['a', 'z', 106, 'r'],
      ['a', '1', 100, 'l'],
      ['a', 'v', 98, 'r'],
    ],
    [
      ['a', '1x', 100],
      ['a', '1y', 105],
      ['a', '1v', 100],
    ],
  ],
  [
    'every record of a key and time is joined, in the order of arrival',
    { difference: 0, grace: 1 },
    [
      ['a', '1', 5, 'l'],
      ['a', '2', 5, 'l'],
      ['b', '3', 5, 'l'],
      ['a', 'x', 5, 'r'],
    ],
    [
      ['a', '1x', 5],
      ['a', '2x', 5],
    ],
  ],
])('inner: %s', (_what, window, inputs, expected) => {
  expect(run((b) => joined(b, 'inner', window), inputs).out).toEqual(expected);
});

test('unmatched records come out once their window and the grace have passed, eldest first, the right side before the left', () => {
  const inputs: readonly In[] = [
    ['b', '1', 100, 'l'],
    ['a', '2', 100, 'l'],
    ['c', 'x', 100, 'r'],
    ['d', '3', 113, 'l'],
    ['d', '4', 114, 'l'],
  ];
  const window = { difference: 10, grace: 3 };
  const { out } = run((b) => joined(b, 'outer', window), inputs);
  expect(out).toEqual([
    ['c', '-x', 100],
    ['a', '2-', 100],
    ['b', '1-', 100],
  ]);
  expect(run((b) => joined(b, 'outer', window), inputs.slice(0, 4)).out).toEqual([]);
  expect(run((b) => joined(b, 'left', window), inputs).out).toEqual([
    ['a', '2-', 100],
    ['b', '1-', 100],
  ]);
});

test('a look at the parked records ends behind an open one of each side; the next comes once that one’s window has closed too', () => {
  const inputs: readonly In[] = [
    ['z', '1', 80, 'l'],
    ['a', '2', 82, 'l'],
    ['b', 'x', 83, 'r'],
    ['c', '3', 84, 'l'],
    ['d', 'y', 85, 'r'],
    ['t', '4', 91, 'l'],
    // The windows of `a` and `b` have closed, but nobody looks yet.
    ['t', '5', 94, 'l'],
    ['t', '6', 95, 'l'],
  ];
  const ran = (count: number): Out[] => run((b) => joined(b, 'outer', { difference: 10 }), inputs.slice(0, count)).out;
  expect(ran(7)).toEqual([['z', '1-', 80]]);
  expect(ran(8)).toEqual([
    ['z', '1-', 80],
    ['a', '2-', 82],
    ['b', '-x', 83],
    ['c', '3-', 84],
  ]);
});

test('a match that comes in time takes the parked record away; the other side’s time counts too', () => {
  const { out } = run(
    (b) => joined(b, 'left', { difference: 10 }),
    [
      ['a', '1', 100, 'l'],
      ['a', 'x', 105, 'r'],
      ['b', 'y', 200, 'r'],
      ['a', '2', 150, 'l'],
    ],
  );
  expect(out).toEqual([
    ['a', '1x', 105],
    // Its window had closed when it came.
    ['a', '2-', 150],
  ]);
});

test.each<[Kind, Out[], number]>([
  ['inner', [], 4],
  ['left', [[null, '1-', 1]], 3],
  [
    'outer',
    [
      [null, '1-', 1],
      [null, '-x', 1],
    ],
    2,
  ],
])('%s: records without value are dropped, those without key where nothing is made of them', (kind, expected, drops) => {
  const { dropped, out } = run(
    (b) => joined(b, kind, { difference: 10 }),
    [
      [null, '1', 1, 'l'],
      ['a', null, 1, 'l'],
      [null, 'x', 1, 'r'],
      ['a', null, 1, 'r'],
    ],
  );
  expect(out).toEqual(expected);
  expect(dropped).toBe(drops);
});

test('a stream joins itself: a record meets itself once', () => {
  const { out } = run(
    (b) => {
      const stream = b.stream('in');
      return stream.join(stream, show, { windows: joinWindows({ difference: 10 }) });
    },
    [
      ['a', '1', 0],
      ['a', '2', 5],
    ],
  );
  expect(out).toEqual([
    ['a', '11', 0],
    ['a', '21', 5],
    ['a', '12', 5],
    ['a', '22', 5],
  ]);
});

test.each<[Kind, Options, string[]]>([
  ['inner', {}, ['KSTREAM-JOINTHIS-0000000004-store', 'KSTREAM-JOINOTHER-0000000005-store']],
  ['left', {}, ['KSTREAM-JOINTHIS-0000000004-store', 'KSTREAM-OUTEROTHER-0000000005-store', 'KSTREAM-OUTERSHARED-0000000004-store']],
  [
    'outer',
    { name: 'J' },
    ['KSTREAM-OUTERTHIS-0000000004-store', 'KSTREAM-OUTEROTHER-0000000005-store', 'KSTREAM-OUTERSHARED-0000000004-store'],
  ],
  ['left', { store: 'S' }, ['S-this-join-store', 'S-outer-other-join-store', 'S-left-shared-join-store']],
  ['outer', { store: { name: 'S' } }, ['S-outer-this-join-store', 'S-outer-other-join-store', 'S-outer-shared-join-store']],
])('%s: stores are named after their nodes, or after the base name (%j)', (kind, options, expected) => {
  const builder = textBuilder();
  joined(builder, kind, { difference: 10 }, options).to('out');
  const stores = builder.build().plan.subtopologies.flatMap((subtopology) => subtopology.stores.map(({ spec }) => spec.name));
  expect(stores.toSorted()).toEqual(expected.toSorted());
});

test('nodes are named after the join', () => {
  const builder = textBuilder();
  joined(builder, 'left', { difference: 10 }, { name: 'J' });
  const text = builder.build().describe();
  for (const name of ['J-this-windowed', 'J-other-windowed', 'J-this-join', 'J-outer-other-join', 'J-merge']) {
    expect(text).toContain(`Processor: ${name} (`);
  }
});

test('each side is repartitioned on its own, and both topics must have as many partitions', () => {
  const builder = textBuilder();
  const rekeyed = builder.stream('l').selectKey((v) => v);
  rekeyed.join(builder.stream('r'), show, { name: 'J', windows: joinWindows({ difference: 10 }) });
  const { plan } = builder.build();
  expect(plan.subtopologies.flatMap(({ copartitionGroups }) => copartitionGroups)).toEqual([
    [
      { name: 'r', internal: false },
      { name: 'J-left-repartition', internal: true },
    ],
  ]);
});

const fitting = { name: 'A', retention: 30, windowSize: 20 };

test.each<[string, NonNullable<Options['store']>]>([
  ['one name for both', { supplied: { this: fitting, other: fitting } }],
  ['another window size', { supplied: { this: { ...fitting, windowSize: 21 } } }],
  ['another retention', { supplied: { other: { ...fitting, retention: 29 } } }],
  ['no duplicates', { supplied: { other: { ...fitting, retainDuplicates: false } } }],
])('supplied stores must fit the windows: %s', (_what, store) => {
  expect(() => joined(textBuilder(), 'inner', { difference: 10, grace: 10 }, { store })).toThrow(StreamsError);
  const supplied = { this: fitting, other: { ...fitting, name: 'B' } };
  expect(() => joined(textBuilder(), 'inner', { difference: 10, grace: 10 }, { store: { supplied } })).not.toThrow();
});

test('generated names of stores are refused where names are required', () => {
  const builder = textBuilder({ requireNames: true });
  joined(builder, 'outer', { difference: 10 }, { name: 'J' });
  expect(() => builder.build()).toThrow(TopologyError);
  const named = textBuilder({ requireNames: true });
  joined(named, 'outer', { difference: 10 }, { store: 'S' });
  expect(() => named.build()).not.toThrow();
});

test('topics that several streams read count among those that must have as many partitions', () => {
  const builder = textBuilder();
  builder.stream('l').to('copy');
  joined(builder, 'inner', { difference: 10 });
  const groups = builder.build().plan.subtopologies.flatMap(({ copartitionGroups }) => copartitionGroups);
  expect(groups.map((group) => group.map(({ name }) => name).toSorted())).toEqual([['l', 'r']]);
});
