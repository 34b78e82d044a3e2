/** The code of docs/aggregation.md. */
import { TopologyTestDriver } from '@millrace/testing';
import { StreamsBuilder, serdes } from 'millrace';
import { expect, test } from 'vitest';

interface Payment {
  readonly merchant: string;
  readonly cents: number;
}

interface User {
  readonly country: string;
}

test('grouping and aggregation', () => {
  const builder = new StreamsBuilder({ key: serdes.string() });

  const payments = builder.stream('payments', { value: serdes.json<Payment>() });

  payments.groupByKey().count({ store: 'payments-per-account' });

  payments
    .groupBy((payment) => payment.merchant, { name: 'by-merchant', value: serdes.json<Payment>() })
    .aggregate(
      () => 0,
      (cents, payment) => cents + payment.cents,
      { store: { name: 'cents-per-merchant', value: serdes.long() } },
    )
    .toStream()
    .to('cents-per-merchant', { value: serdes.long() });

  builder
    .table('users', { value: serdes.json<User>(), store: 'users' })
    .groupBy((user, id) => [user.country, id], { name: 'by-country', value: serdes.string() })
    .aggregate<readonly string[]>(
      () => [],
      {
        add: (ids, id) => [...ids, id].sort(),
        subtract: (ids, id) => ids.filter((other) => other !== id),
      },
      { store: { name: 'users-by-country', value: serdes.json<readonly string[]>() } },
    );

  const cart = builder
    .stream('added', { value: serdes.string() })
    .groupByKey()
    .cogroup<readonly string[]>((items, item) => [...items, item])
    .cogroup(builder.stream('removed', { value: serdes.string() }).groupByKey(), (items, item) => items.filter((other) => other !== item))
    .aggregate(() => [], { store: { name: 'carts', value: serdes.json<readonly string[]>() } });

  using driver = new TopologyTestDriver(builder.build());
  const payment = driver.createInputTopic('payments', { key: serdes.string(), value: serdes.json<Payment>() });
  payment.pipeInput({ key: 'ada', value: { merchant: 'tea', cents: 300 } });
  payment.pipeInput({ key: 'ben', value: { merchant: 'tea', cents: 200 } });
  const user = driver.createInputTopic('users', { key: serdes.string(), value: serdes.json<User>() });
  user.pipeInput({ key: 'ada', value: { country: 'uk' } });
  user.pipeInput({ key: 'ben', value: { country: 'uk' } });
  user.pipeInput({ key: 'ada', value: { country: 'fr' } });
  driver.createInputTopic('added', { key: serdes.string(), value: serdes.string() }).pipeInput({ key: 'ada', value: 'tea' });
  driver.createInputTopic('removed', { key: serdes.string(), value: serdes.string() }).pipeInput({ key: 'ada', value: 'tea' });

  expect(driver.getKeyValueStore<string, number>('payments-per-account').get('ada')).toBe(1);
  expect(driver.createOutputTopic('cents-per-merchant', { key: serdes.string(), value: serdes.long() }).readKeyValuesToMap()).toEqual(
    new Map([['tea', 500]]),
  );
  expect(driver.getKeyValueStore<string, readonly string[]>('users-by-country').get('uk')).toEqual(['ben']);
  expect(cart.queryableStoreName).toBe('carts');
  expect(driver.getKeyValueStore<string, readonly string[]>('carts').get('ada')).toEqual([]);
});
