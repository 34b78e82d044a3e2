/** What is inferred at every step of a long topology. Most of these tests fail in `tsc`, not when run. */
import { readFileSync } from 'node:fs';
import type { CogroupedKStream, GlobalKTable, KGroupedStream, KGroupedTable, KStream, KTable, Windowed } from 'millrace';
import { expect, expectTypeOf, test } from 'vitest';
import type { Customer, Message, Order, Payment } from './domain.ts';
import * as fluent from './fluent-chain.ts';
import * as steps from './long-topology.ts';

type Text = Extract<Message, { type: 'text' }>;
type Online = Order & { readonly kind: 'online' };
type Enriched = { -readonly [N in keyof Order]: Order[N] } & { country: string };
type Flat<T> = { [N in keyof T]: T[N] };

test('sources', () => {
  expectTypeOf(steps.orders).toEqualTypeOf<KStream<string, Order>>();
  expectTypeOf(steps.customers).toEqualTypeOf<KTable<string, Customer>>();
  expectTypeOf(steps.countries).toEqualTypeOf<GlobalKTable<string, string>>();
  expectTypeOf(steps.payments).toEqualTypeOf<KStream<string, Payment>>();
  expectTypeOf(steps.messages).toEqualTypeOf<KStream<number, Message | null>>();
  expect(steps.orders).toBeDefined();
});

test('record by record', () => {
  expectTypeOf(steps.present).toEqualTypeOf<KStream<number, Message>>();
  expectTypeOf(steps.texts).toEqualTypeOf<KStream<number, Text>>();
  expectTypeOf(steps.lengths).toEqualTypeOf<KStream<number, number>>();
  expectTypeOf(steps.words).toEqualTypeOf<KStream<number, string>>();
  expectTypeOf(steps.byWord).toEqualTypeOf<KStream<string, string>>();
  expectTypeOf(steps.pairs).toEqualTypeOf<KStream<number, { readonly word: string; readonly key: string }>>();
  expectTypeOf(steps.letters).toEqualTypeOf<KStream<string, number>>();
  expectTypeOf(steps.seen).toEqualTypeOf<KStream<string, number>>();
  expectTypeOf(steps.vowels).toEqualTypeOf<KStream<string, number>>();
  expectTypeOf(steps.spread).toEqualTypeOf<KStream<string, number>>();
  expectTypeOf(steps.merged).toEqualTypeOf<KStream<string, number>>();
  expect(steps.merged).toBeDefined();
});

test('branches', () => {
  expectTypeOf(steps.online).toEqualTypeOf<KStream<string, Online>>();
  expectTypeOf(steps.large).toEqualTypeOf<KStream<string, Order>>();
  expectTypeOf(steps.rest).toEqualTypeOf<KStream<string, Order>>();
  expectTypeOf(steps.coupons).toEqualTypeOf<KStream<string, string | null>>();
  expectTypeOf(steps.others).toEqualTypeOf<KStream<string, Order>>();
  expectTypeOf(steps.validCoupons).toEqualTypeOf<KStream<string, string>>();
  expect(steps.others).toBeDefined();
});

test('processors', () => {
  expectTypeOf(steps.numbered).toEqualTypeOf<KStream<string, readonly [number, Order]>>();
  expectTypeOf(steps.byCents).toEqualTypeOf<KStream<number, string>>();
  expect(steps.byCents).toBeDefined();
});

test('groups and aggregates', () => {
  expectTypeOf(steps.byCustomer).toEqualTypeOf<KGroupedStream<string, Online>>();
  expectTypeOf(steps.orderCounts).toEqualTypeOf<KTable<string, number>>();
  expectTypeOf(steps.largest).toEqualTypeOf<KTable<string, Online>>();
  expectTypeOf(steps.spent).toEqualTypeOf<KTable<string, number>>();
  expectTypeOf(steps.lastCoupon).toEqualTypeOf<KTable<string, string>>();
  expectTypeOf(steps.paymentsByOrder).toEqualTypeOf<KGroupedStream<string, Payment>>();
  expectTypeOf(steps.open).toEqualTypeOf<CogroupedKStream<string, number>>();
  expectTypeOf(steps.owed).toEqualTypeOf<KTable<string, number>>();
  expectTypeOf(steps.owedPerSession).toEqualTypeOf<KTable<Windowed<string>, number>>();
  expect(steps.owed).toBeDefined();
});

test('windows', () => {
  expectTypeOf(steps.perMinute).toEqualTypeOf<KTable<Windowed<string>, number>>();
  expectTypeOf(steps.sliding).toEqualTypeOf<KTable<Windowed<string>, Payment>>();
  expectTypeOf(steps.sessions).toEqualTypeOf<KTable<Windowed<string>, string[]>>();
  expectTypeOf(steps.always).toEqualTypeOf<KTable<Windowed<string>, string>>();
  expectTypeOf(steps.finalPerMinute).toEqualTypeOf<KTable<Windowed<string>, number>>();
  expectTypeOf(steps.minutes).toEqualTypeOf<KStream<string, number | null>>();
  expect(steps.minutes).toBeDefined();
});

test('tables', () => {
  expectTypeOf(steps.busy).toEqualTypeOf<KTable<string, number>>();
  expectTypeOf(steps.asText).toEqualTypeOf<KTable<string, string>>();
  expectTypeOf(steps.calm).toEqualTypeOf<KTable<string, string>>();
  expectTypeOf(steps.transformed).toEqualTypeOf<KTable<string, { key: string; text: string | null }>>();
  expectTypeOf(steps.perCountry).toEqualTypeOf<KGroupedTable<string, string>>();
  expectTypeOf(steps.namesPerCountry).toEqualTypeOf<KTable<string, string>>();
  expectTypeOf(steps.customersPerCountry).toEqualTypeOf<KTable<string, number>>();
  expect(steps.customersPerCountry).toBeDefined();
});

test('joins', () => {
  expectTypeOf(steps.together).toEqualTypeOf<KTable<string, { name: string; cents: number }>>();
  expectTypeOf(steps.maybe).toEqualTypeOf<KTable<string, string>>();
  expectTypeOf(steps.either).toEqualTypeOf<KTable<string, number>>();
  expectTypeOf(steps.withCustomer).toEqualTypeOf<KTable<string, { key: string; cents: number; country: string }>>();
  expectTypeOf(steps.perhapsWithCustomer).toEqualTypeOf<KTable<string, readonly [string, string | null]>>();
  expectTypeOf(steps.paid).toEqualTypeOf<KStream<string, number>>();
  expectTypeOf(steps.perhapsPaid).toEqualTypeOf<KStream<string, string | Payment>>();
  expectTypeOf(steps.anyOf).toEqualTypeOf<KStream<string, string | undefined>>();
  expectTypeOf(steps.enriched).toEqualTypeOf<KStream<string, Flat<Enriched>>>();
  expectTypeOf(steps.perhapsEnriched).toEqualTypeOf<KStream<string, readonly [Order, Customer | null]>>();
  expectTypeOf(steps.inCountry).toEqualTypeOf<KStream<string, { id: string; country: string | null }>>();
  expect(steps.inCountry).toBeDefined();
});

test('fifty operators in one expression end where they should', () => {
  const source = readFileSync(new URL('fluent-chain.ts', import.meta.url), 'utf8');
  expect(source.match(/^ {2}\.(?:abroad\s*\.)?\w+[(<]/gm)).toHaveLength(50);
  expectTypeOf(fluent.chain).toEqualTypeOf<KStream<boolean, { length: number; isEven: boolean }>>();
});

test.each([
  ['step by step', steps.builder],
  ['in one expression', fluent.builder],
])('what compiles, %s, is a topology', (_, builder) => {
  expect(builder.build().describe()).toMatch(/^Topologies:\n/);
});
