/** What the compiler knows of joins. Most of these tests fail in `tsc`, not when run. */
import { expect, expectTypeOf, test } from 'vitest';
import { joinWindows, type KStream, type KTable, serdes, StreamsBuilder } from '../../src/index.ts';

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
const texts = builder.stream('texts');
const numbers = builder.stream('numbers', { value: serdes.long() });
const keyless = texts.map((value): readonly [string | null, string | null] => [value, value]);
const rows = builder.table('rows', { value: serdes.long() });
const names = builder.table('names');
const windows = joinWindows({ difference: '1m' });

test('joiners of streams know both values, and which of them may be missing', () => {
  const inner = texts.join(
    numbers,
    (left, right, key) => {
      expectTypeOf([left, right, key] as const).toEqualTypeOf<readonly [string, number, string]>();
      return right;
    },
    { windows },
  );
  expectTypeOf(inner).toEqualTypeOf<KStream<string, number>>();
  texts.leftJoin(numbers, (left, right) => expectTypeOf([left, right] as const).toEqualTypeOf<readonly [string, number | null]>(), {
    windows,
  });
  texts.outerJoin(numbers, (left, right) => expectTypeOf([left, right] as const).toEqualTypeOf<readonly [string | null, number | null]>(), {
    windows,
  });
  expect(inner).toBeDefined();
});

test('records without value are never joined, those without key only in left joins', () => {
  keyless.join(rows, (left, right, key) => expectTypeOf([left, right, key] as const).toEqualTypeOf<readonly [string, number, string]>());
  keyless.leftJoin(rows, (left, right, key) =>
    expectTypeOf([left, right, key] as const).toEqualTypeOf<readonly [string, number | null, string | null]>(),
  );
  expect(keyless).toBeDefined();
});

test('tables are joined by key or by foreign key, and null is no row', () => {
  const byKey = names.join(rows, (name, count) => (count > 0 ? name : null));
  expectTypeOf(byKey).toEqualTypeOf<KTable<string, string>>();
  const byForeignKey = rows.join(
    names,
    (count) => String(count),
    (count, name) => `${name}${count}`,
  );
  expectTypeOf(byForeignKey).toEqualTypeOf<KTable<string, string>>();
  names.outerJoin(rows, (name, count) => {
    expectTypeOf([name, count] as const).toEqualTypeOf<readonly [string | null, number | null]>();
    return '';
  });
  expect(byKey).toBeDefined();
});

test('a wrong joiner, key or missing window does not compile', () => {
  // @ts-expect-error a joiner of another type of value
  texts.join(numbers, (left: string, right: string) => left + right, { windows });
  // @ts-expect-error the right value may be missing
  texts.leftJoin(rows, (left, right: number) => left + String(right));
  // @ts-expect-error streams meet in windows
  const withoutWindows = (): unknown => texts.join(numbers, (left) => left);
  expect(withoutWindows).toThrow('windows');
  const byNumber = builder.table('by-number', { key: serdes.integer() });
  // @ts-expect-error keys of another type
  names.join(byNumber, (left, right) => left + right);
});
