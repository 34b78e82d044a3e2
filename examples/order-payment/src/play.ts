/** Payments before, after and below their orders. */
import { type Play, rows, script } from '@millrace/example-stage';
import { serdes } from 'millrace';
import { type Order, type Outcome, type Payment, topology } from './topology.ts';

const noon = Date.UTC(2026, 0, 1, 12);
const minute = 60_000;

export const play: Play = {
  applicationId: 'order-payment',
  about: 'Orders with their payments:',
  topology,
  inputs: [
    script('orders', serdes.string(), serdes.json<Order>(), [
      { key: 'order-1', value: { cents: 1_000 }, timestamp: noon },
      { key: 'order-2', value: { cents: 2_000 }, timestamp: noon + 5 * minute },
      { key: 'order-3', value: { cents: 3_000 }, timestamp: noon + 10 * minute },
    ]),
    script('payments', serdes.string(), serdes.json<Payment>(), [
      { key: 'order-2', value: { cents: 2_000, method: 'card' }, timestamp: noon + minute },
      { key: 'order-1', value: { cents: 1_000, method: 'transfer' }, timestamp: noon + 30 * minute },
      { key: 'order-3', value: { cents: 2_500, method: 'card' }, timestamp: noon + 40 * minute },
    ]),
  ],
  outputs: [
    rows('paid-orders', serdes.string(), serdes.json<Outcome>(), 'stream'),
    rows('open-orders', serdes.string(), serdes.json<Outcome>(), 'stream'),
  ],
};
