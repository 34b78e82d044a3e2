import { type KStream, serdes, StreamsError, type ValueTransformer } from '@millrace/core';
import { afterEach, expect, test } from 'vitest';
import { type In, type Out, run, type TextBuilder } from './support.ts';

const log: string[] = [];
afterEach(() => {
  log.length = 0;
});

/** Says how often it was called: in its store if it has one, else in itself. */
function counting(store?: string): () => ValueTransformer<string, string, string> {
  return () => {
    let calls = 0;
    let counts: { get(key: string): number | undefined; put(key: string, value: number): void } = {
      get: () => calls,
      put: (_, value) => void (calls = value),
    };
    return {
      init: (context) => {
        log.push(`init ${context.recordMetadata === undefined}`);
        if (store !== undefined) counts = context.getStateStore(store);
      },
      transform: (value, key) => {
        const count = (counts.get(key) ?? 0) + 1;
        counts.put(key, count);
        return value === '-' ? null : `${value}/${count}`;
      },
      close: () => void log.push('close'),
    };
  };
}

function withCounts(builder: TextBuilder): TextBuilder {
  return builder.addStateStore({ name: 'S', key: serdes.string(), value: serdes.integer() });
}

const rows: readonly In[] = [
  ['a', 'x', 5],
  ['a', null, 3],
  ['b', '-', 6],
];

test.each<[string, (builder: TextBuilder) => KStream<string, string | null>, Out[]]>([
  [
    'deleted rows are transformed too, null deletes, and times stay',
    (b) => b.table('in').transformValues(counting()).toStream(),
    [
      ['a', 'x/1', 5],
      ['a', 'null/2', 3],
      ['b', null, 6],
    ],
  ],
  [
    'stores of its own are at hand',
    (b) =>
      withCounts(b)
        .table('in')
        .transformValues(counting('S'), { stores: ['S'] })
        .toStream(),
    [
      ['a', 'x/1', 5],
      ['a', 'null/2', 3],
      ['b', null, 6],
    ],
  ],
  [
    'without a store for the result the old value is transformed again, after the new one',
    (b) =>
      withCounts(b)
        .table('in')
        .transformValues(counting('S'), { stores: ['S'] })
        .groupBy((value) => ['all', value])
        .reduce({ add: (sum, value) => `${sum}+${value}`, subtract: (sum, value) => `${sum}-${value}` })
        .toStream(),
    [
      ['all', 'x/1', 5],
      ['all', 'x/1-x/4+null/3', 5],
      ['all', 'x/1-x/4+null/3-null/2', 6],
    ],
  ],
  [
    'with one it is what was stored',
    (b) =>
      withCounts(b)
        .table('in')
        .transformValues(counting('S'), { stores: ['S'], store: 'M' })
        .groupBy((value) => ['all', value])
        .reduce({ add: (sum, value) => `${sum}+${value}`, subtract: (sum, value) => `${sum}-${value}` })
        .toStream(),
    [
      ['all', 'x/1', 5],
      ['all', 'x/1-x/1+null/2', 5],
    ],
  ],
])('%s', (_, build, expected) => {
  expect(run(build, rows).out).toEqual(expected);
});

test('a transformer is opened without a record in progress and closed with its task', () => {
  const { driver } = run((b) => b.table('in').transformValues(counting()).toStream(), rows);
  expect(log).toEqual(['init true']);
  driver.close();
  expect(log).toEqual(['init true', 'close']);
});

test('an operator that looks rows up has a transformer of its own, which is closed with it and knows no input record', () => {
  const seen: unknown[] = [];
  const { driver, out } = run(
    (b) => {
      const foreign = b.table('foreign').transformValues(() => {
        let metadata: () => unknown;
        return {
          init: (context) => {
            metadata = () => context.recordMetadata;
          },
          transform: (value) => {
            seen.push(metadata());
            return value === null ? 'nothing' : value.toUpperCase();
          },
          close: () => void log.push('close'),
        };
      });
      return b
        .table('in')
        .join(
          foreign,
          (value) => value,
          (left, right) => `${left}:${right}`,
        )
        .toStream();
    },
    [
      ['f', 'v', 1, 'foreign'],
      ['a', 'f', 2],
      ['b', 'g', 3],
    ],
  );
  expect(out).toEqual([
    ['a', 'f:V', 2],
    // A row that the parent does not have was given a value all the same.
    ['b', 'g:nothing', 3],
  ]);
  const unknown = { topic: '', partition: -1, offset: -1 };
  // The first two are the change of the foreign row and its old value.
  expect(seen.slice(2)).toEqual([unknown, unknown]);
  driver.close();
  expect(log).toEqual(['close', 'close']);
});

test('a transformer that is the same each time is refused', () => {
  const one: ValueTransformer<string, string, string> = { transform: (value) => value };
  expect(() =>
    run(
      (b) =>
        b
          .table('in')
          .transformValues(() => one)
          .toStream(),
      [],
    ),
  ).toThrow(expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }) as StreamsError);
});

test('a store that it does not name is not open to it', () => {
  expect(() => run((b) => withCounts(b).table('in').transformValues(counting('S')).toStream(), rows)).toThrow(/no access to store S/);
});
