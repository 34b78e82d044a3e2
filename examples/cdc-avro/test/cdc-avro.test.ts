/** Change events in Avro feed a view: keys beyond 2^53 stay apart, decimals stay exact, deletions and tombstones take rows away. */
import { performEmbedded, rehearse } from '@millrace/example-stage';
import { expect, test } from 'vitest';
import { play } from '../src/play.ts';
import { registry } from '../src/topology.ts';

const expected = [
  { key: '100', value: { customer: 'Ada Lovelace', total: '18.90' } },
  { key: '102', value: { customer: 'Ben', total: '1000000000.01' } },
];

test('the view ends with two orders', () => {
  expect(rehearse(play).get('order-view')).toEqual(expected);
});

test('every topic and store has its subject', () => {
  rehearse(play);
  expect(registry.subjects()).toEqual(expect.arrayContaining(['shop.public.orders-key', 'shop.public.orders-value', 'order-view-value']));
});

test('on a cluster the tables are those of the test driver', async () => {
  expect(await performEmbedded(play)).toEqual(rehearse(play));
});
