import { describeSerdeConformance } from '@millrace/testing/conformance';
import { describe, expect, it, test } from 'vitest';
import { partitionForKey } from '../../src/kafka/murmur2.ts';
import { serdes } from '../../src/serde/serdes.ts';
import { Windowed } from '../../src/windows/windowed.ts';
import { decode, encode, fc } from './support.ts';

const time = serdes.timeWindowed(serdes.string(), { size: 10 });
const changelog = serdes.timeWindowed(serdes.string(), { size: 10, changelog: true });
const session = serdes.sessionWindowed(serdes.string());

const windowed = (key: string, start: number, end: number): Windowed<string> => new Windowed(key, { start, end });

test.each([
  ['a time window', time, windowed('ab', 258, 268), '61620000000000000102'],
  ['a time window in a changelog', changelog, windowed('ab', 258, 268), '6162000000000000010200000000'],
  ['a session, end first', session, windowed('ab', 258, 515), '616200000000000002030000000000000102'],
  ['an empty key', time, windowed('', 0, 10), '0000000000000000'],
])('%s has the bytes that Java writes', (_name, serde, key, hex) => {
  expect(encode(serde, key).toString('hex')).toBe(hex);
  expect(decode(serde, Buffer.from(hex, 'hex'))).toEqual(key);
});

type Loose = Record<'timeWindowed' | 'sessionWindowed', (...args: unknown[]) => unknown>;
// What JavaScript may call.
const loose = serdes as unknown as Loose;

test.each<[what: string, make: () => unknown, message: RegExp]>([
  [
    'no options',
    () => loose.timeWindowed(serdes.string()),
    /options of serdes\.timeWindowed must be an object with some of size, changelog, got undefined/,
  ],
  ['a bare size', () => loose.timeWindowed(serdes.string(), 10), /options of serdes\.timeWindowed must be an object/],
  ['no size', () => loose.timeWindowed(serdes.string(), {}), /the size of windowed keys/],
  [
    'an option with a slip',
    () => loose.timeWindowed(serdes.string(), { sise: 5 }),
    /no option sise of serdes\.timeWindowed\. Did you mean size\?/,
  ],
  ['an inner serde that is not made', () => loose.timeWindowed(serdes.string, { size: 10 }), /must be a serde.*call the function/],
  [
    'no inner serde',
    () => loose.timeWindowed(undefined, { size: 10 }),
    /what serdes\.timeWindowed takes first must be a serde, got undefined/,
  ],
  ['no inner serde of sessions', () => loose.sessionWindowed(), /what serdes\.sessionWindowed takes must be a serde, got undefined/],
])('%s is refused', (_what, make, message) => {
  expect(make).toThrow(expect.objectContaining({ code: 'MR_ARGUMENT_INVALID', message: expect.stringMatching(message) as string }));
});

test('unlimited windows have no end', () => {
  const serde = serdes.timeWindowed(serdes.string(), { size: Number.POSITIVE_INFINITY });
  expect(decode(serde, encode(serde, windowed('a', 7, 8))).window).toEqual({ start: 7, end: Number.POSITIVE_INFINITY });
});

test('windowed keys come back, and what stands before the times is the inner key', () => {
  const times = fc.tuple(fc.nat(), fc.nat());
  fc.assert(
    fc.property(fc.string(), times, (key, [start, length]) => {
      const wellFormed = Buffer.from(key).toString();
      for (const [serde, end] of [
        [time, start + 10],
        [changelog, start + 10],
        [session, start + length],
      ] as const) {
        const bytes = encode(serde, windowed(wellFormed, start, end));
        expect(decode(serde, bytes)).toEqual(windowed(wellFormed, start, end));
        const inner = encode(serdes.string(), wellFormed);
        expect(partitionForKey(bytes, 0, bytes.length - (serde.unpartitionedBytes ?? 0), 7)).toBe(
          partitionForKey(inner, 0, inner.length, 7),
        );
      }
    }),
  );
});

test.each([
  ['too short for its times', '00'],
  ['of a time before 1970', '61ffffffffffffffff'],
  ['of a time beyond 2^53', '617fffffffffffffff'],
])('a key %s cannot be read', (_name, hex) => {
  expect(() => decode(time, Buffer.from(hex, 'hex'))).toThrow(RangeError);
});

test('what is no windowed key cannot be written', () => {
  expect(() => encode(time, 'text' as unknown as Windowed<string>)).toThrow(/writes Windowed, got a string/);
});

test('a negative size is refused', () => {
  expect(() => serdes.timeWindowed(serdes.string(), { size: -1 })).toThrow(
    expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }) as Error,
  );
});

test('serdes that are bound to a topic are bound inside windows', () => {
  const topics: string[] = [];
  const inner = Object.assign(Object.create(serdes.string()) as ReturnType<typeof serdes.string>, {
    bind: ({ topic }: { readonly topic: string }) => {
      topics.push(topic);
      return serdes.string();
    },
  });
  for (const serde of [serdes.timeWindowed(inner, { size: 5 }), serdes.sessionWindowed(inner)]) {
    const bound = serde.bind?.({ topic: 't', role: 'key' });
    expect(
      bound === undefined
        ? undefined
        : encode(bound, windowed('a', 1, 6))
            .subarray(0, 1)
            .toString(),
    ).toBe('a');
  }
  expect(topics).toEqual(['t', 't']);
});

describeSerdeConformance(
  'time windowed',
  { create: () => time, values: [windowed('', 0, 10), windowed('k', 5, 15)], unwritable: [1, 'k'] },
  { describe, expect, it },
);
describeSerdeConformance(
  'session windowed',
  { create: () => session, values: [windowed('', 0, 0), windowed('k', 5, 99)], unwritable: [1] },
  { describe, expect, it },
);
