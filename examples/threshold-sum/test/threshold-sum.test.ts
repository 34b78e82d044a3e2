/** Who is above the limit, from the first payment to the refund. */
import { performEmbedded, rehearse } from '@millrace/example-stage';
import { TopologyTestDriver } from '@millrace/testing';
import { serdes } from 'millrace';
import { expect, test } from 'vitest';
import { play } from '../src/play.ts';
import { type Payment, limitCents, topology } from '../src/topology.ts';

test('an account appears with the payment that takes it above the limit, and a refund deletes it', () => {
  using driver = new TopologyTestDriver(topology);
  const payments = driver.createInputTopic('payments', { key: serdes.string(), value: serdes.json<Payment>() });
  const large = driver.createOutputTopic('large-spenders', { key: serdes.string(), value: serdes.long() });

  payments.pipeInput({ key: 'ada', value: { merchant: 'hotel', cents: limitCents } });
  expect(large.isEmpty).toBe(true);

  payments.pipeInput({ key: 'ada', value: { merchant: 'grocer', cents: 1 } });
  expect(large.readKeyValuesToList()).toEqual([{ key: 'ada', value: limitCents + 1 }]);

  payments.pipeInput({ key: 'ada', value: { merchant: 'grocer', cents: -1 } });
  expect(large.readKeyValuesToList()).toEqual([{ key: 'ada', value: null }]);
});

test('the play ends with two accounts', () => {
  expect(rehearse(play).get('large-spenders')).toEqual([
    { key: 'ada', value: 110_000 },
    { key: 'ben', value: 100_500 },
  ]);
});

test('on a cluster the tables are those of the test driver', async () => {
  expect(await performEmbedded(play)).toEqual(rehearse(play));
});
