/**
 * The input of the application that runs on Kafka Streams and on Millrace: made from a seed, such that what must come out of it depends neither on how partitions interleave,
 * nor on how far one topic is ahead of another while the application runs, nor on when it commits:
 *
 * - Timestamps rise within every partition of every topic, so that a task which takes the smallest head goes by time. Two exceptions are harmless: clicks are alone in their
 *   task, so their order is the log's; prices lag behind their log by less than the grace of the join with quotes.
 * - The stages lie three hours apart and last twenty minutes, less than the hour of grace of the outer join: within a stage either topic may be ahead without closing a window
 *   of the other, and everything has closed when the next stage begins. A stage is written when the one before it has been read to its end.
 * - Quotes of a stage are written when its prices have been read, or before anybody reads.
 * - Products that orders name are in the global table before these orders are written.
 * - At the end a record in every partition moves time on, so that everything before it closes.
 *
 * The times are the same distance from a whole hour whenever the test runs, but not long ago: the changelogs of windows have a retention.
 */
import { partitionForKey } from '@millrace/core/kafka';
import { random } from '../support/lines.ts';
import { shown, type Written } from './application-topics.ts';

const hour = 3_600_000;
const stageLength = 3 * hour;

export const partitions = 3;

/** Topics that tasks read; those of events come by the pattern, the second one later. */
export const taskTopics: readonly string[] = [
  'orders',
  'payments',
  'clicks',
  'events-a',
  'events-b',
  'customers',
  'accounts',
  'prices',
  'quotes',
  'readings',
];

export const outputs: readonly string[] = [
  'priced',
  'paired',
  'closed',
  'suppressed',
  'places',
  'event-counts',
  'account-names',
  'quoted',
  'totals',
  'dead',
];

/** A whole hour, long enough ago that all of the input is in the past. */
export function baseTime(now: number): number {
  return Math.floor(now / hour) * hour - 12 * hour;
}

export function text(value: string): Uint8Array {
  return Buffer.from(value);
}

export function long(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

/** Products of the global table before the application starts: some rows are replaced, one is deleted. */
export function firstProducts(base: number): readonly Written[] {
  const rows: readonly (readonly [string, string | null])[] = [
    ['tea', 'Tea'],
    ['coffee', 'Cofee'],
    ['milk', 'Milk'],
    ['coffee', 'Coffee'],
    ['milk', null],
  ];
  return rows.map(([product, name], i) => ({
    key: text(product),
    value: name === null ? null : text(name),
    timestamp: base + i,
  }));
}

/** One more, which the orders of the last stage name. */
export function laterProduct(base: number): Written {
  return { key: text('juice'), value: text('Juice'), timestamp: base + stageLength };
}

/** How many products there are then, as every task of readings tells. */
export const productCounts: ReadonlyMap<string, number> = new Map([0, 1, 2].map((partition) => [`products/${partition}`, 3]));

/** A key that the default partitioner puts into this partition. */
function keyIn(partition: number, prefix: string): Uint8Array {
  for (let i = 0; ; i++) {
    const key = text(`${prefix}${i}`);
    if (partitionForKey(key, 0, key.length, partitions) === partition) return key;
  }
}

const everyPartition = Array.from({ length: partitions }, (_, partition) => partition);

/** The partition of payments that stays empty until the last stage, so that orders beside it wait for `maxTaskIdleMs`. */
const idlePayments = 2;

/** Stage 0, 1 or 2. */
export function stageInput(stage: 0 | 1 | 2, base: number): Readonly<Record<string, readonly Written[]>> {
  const next = random(1_000 + stage);
  const below = (limit: number): number => Math.floor(next() * limit);
  const start = base + stage * stageLength;
  const products = stage === 2 ? ['tea', 'coffee', 'milk', 'juice'] : ['tea', 'coffee', 'milk'];
  const purchase = (): Uint8Array => text(`${products[below(products.length)]}-${below(12)}`);
  const trace = (i: number): Written['headers'] => [{ key: 'trace', value: text(`${stage}.${i}`) }];

  let item = 0;
  const prices = times(80, start, 12_000, 7, (timestamp, i) => {
    // Every fifth comes behind the record before, of the same item, by less than the grace.
    const isLate = i % 5 === 4;
    if (!isLate) item = below(5);
    return {
      key: text(`item-${item}`),
      value: i % 13 === 12 ? null : text(`${stage}.${i}`),
      timestamp: isLate ? timestamp - 15_000 : timestamp,
    };
  });
  const quotes = [
    ...times(80, start, 12_000, 8, (timestamp, i) => ({
      key: text(`item-${below(7)}`),
      value: text(`quote ${stage}.${i}`),
      timestamp,
      headers: trace(i),
    })),
    // Two between the late price and the one before it: the first meets the late one only if it waits longer than until the second.
    ...prices
      .filter((_, i) => i % 5 === 4)
      .flatMap(({ key, timestamp }) =>
        [1_001, 2_601].map((later) => ({ key, value: text(`quote ${later} ms later`), timestamp: timestamp + later })),
      ),
  ].sort((a, b) => a.timestamp - b.timestamp);

  return {
    orders: times(120, start, 10_000, 0, (timestamp, i) => {
      // Bytes that are no long, and amounts that a mapper refuses.
      const value = i % 23 === 7 ? text('bad') : long(i % 17 === 5 ? -i : below(500));
      return { key: purchase(), value, timestamp };
    }),
    payments: times(120, start, 10_000, 1, (timestamp) => ({ key: purchase(), value: long(below(500)), timestamp })).filter(
      ({ key }) => stage === 2 || partitionForKey(key, 0, key.length, partitions) !== idlePayments,
    ),
    // Some come after their windows have closed.
    clicks: times(300, start, 2_000, 2, (timestamp, i) => ({
      key: text(`user-${below(6)}`),
      value: text(`${i}`),
      timestamp: timestamp - (i % 11 === 10 ? below(60) * 1_000 : 0),
      headers: trace(i),
    })),
    'events-a': times(60, start, 15_000, 3, (timestamp, i) => ({
      key: text(`${i}`),
      value: text(`kind-${below(5)}`),
      timestamp,
      headers: trace(i),
    })),
    'events-b':
      stage === 0
        ? []
        : times(60, start, 15_000, 4, (timestamp, i) => ({ key: text(`b${i}`), value: text(`kind-${below(9)}`), timestamp })),
    customers: times(20, start, 50_000, 5, (timestamp, i) => ({
      key: text(`c${below(6)}`),
      value: i % 6 === 5 ? null : text(`Name ${stage}.${i}`),
      timestamp,
    })),
    accounts: times(60, start, 15_000, 6, (timestamp, i) => ({
      key: text(`account-${below(20)}`),
      value: i % 9 === 8 ? null : text(i % 7 === 6 ? 'nobody' : `c${below(7)}:${i}`),
      timestamp,
    })),
    prices,
    quotes,
    readings: times(90, start, 10_000, 9, (timestamp) => ({ key: text(`meter-${below(8)}`), value: long(below(1_000)), timestamp })),
  };
}

/** `number` tells topics apart in the last digit of their times, so that no two records of a task are of one time. */
function times(
  count: number,
  start: number,
  stepMs: number,
  number: number,
  make: (timestamp: number, i: number) => Written,
): readonly Written[] {
  return Array.from({ length: count }, (_, i) => make(start + i * stepMs + number, i));
}

/** What moves time on in every partition: last of all come records whose windows stay open. */
export function ending(base: number): { readonly [T in 'orders' | 'clicks' | 'quotes']: readonly Written[] } {
  const last = base + 3 * stageLength;
  const push = base + 3 * stageLength + 2 * hour;
  const open = everyPartition.flatMap((partition) =>
    [0, 1].map((i) => ({ key: keyIn(partition, 'open-'), value: text('open'), timestamp: push + i * 1_000 })),
  );
  return {
    orders: everyPartition.flatMap((partition) => [
      { key: keyIn(partition, 'last-'), value: long(1), timestamp: last },
      { key: keyIn(partition, 'open-'), value: long(2), timestamp: push },
    ]),
    clicks: [...everyPartition.map((partition) => ({ key: keyIn(partition, 'last-'), value: text('last'), timestamp: last })), ...open],
    quotes: everyPartition.flatMap((partition) => [
      { key: keyIn(partition, 'last-'), value: text('last'), timestamp: last },
      { key: keyIn(partition, 'open-'), value: text('open'), timestamp: push },
    ]),
  };
}

/**
 * A record in every partition that closes nothing and joins nothing: what closed before may have to wait for the throttle of emission, and comes out with the next record. How many of
 * them are written depends on the clock, so whatever has `tick` in its key is left out of comparisons.
 */
export function tick(base: number): { readonly [T in 'orders' | 'clicks']: readonly Written[] } {
  const timestamp = base + 3 * stageLength + 2 * hour + 5_000;
  return {
    orders: everyPartition.map((partition) => ({ key: keyIn(partition, 'tick-'), value: long(3), timestamp })),
    clicks: everyPartition.map((partition) => ({ key: keyIn(partition, 'tick-'), value: text('tick'), timestamp })),
  };
}

/** Results that come last of those that wait for the throttle of emission. */
export function lastResults(base: number): readonly { readonly topic: string; readonly key: string }[] {
  return everyPartition.flatMap((partition) => {
    const key = shown(keyIn(partition, 'last-')) ?? '';
    return [
      { topic: 'closed', key: `${key}@${base + 3 * stageLength}` },
      { topic: 'paired', key },
    ];
  });
}

/** The sums of all readings, and the number of products. */
export function expectedTotals(base: number): ReadonlyMap<string, number> {
  const totals = new Map(productCounts);
  for (const stage of [0, 1, 2] as const) {
    for (const { key, value } of stageInput(stage, base)['readings'] ?? []) {
      const meter = shown(key) ?? '';
      totals.set(meter, (totals.get(meter) ?? 0) + Number(Buffer.from(value ?? []).readBigInt64BE()));
    }
  }
  return totals;
}
