/** Two shoppers; one changes her mind and comes back after the order. */
import { type Play, rows, script } from '@millrace/example-stage';
import { serdes } from 'millrace';
import { type Cart, type CartEvent, topology } from './topology.ts';

const noon = Date.UTC(2026, 0, 1, 12);

const events: readonly (readonly [shopper: string, event: CartEvent])[] = [
  ['ada', { type: 'added', item: 'tea', quantity: 2 }],
  ['ben', { type: 'added', item: 'bread', quantity: 1 }],
  ['ada', { type: 'added', item: 'jam', quantity: 1 }],
  ['ada', { type: 'removed', item: 'jam' }],
  ['ada', { type: 'added', item: 'tea', quantity: 1 }],
  ['ada', { type: 'checkedOut' }],
  ['ada', { type: 'added', item: 'honey', quantity: 1 }],
  ['ben', { type: 'checkedOut' }],
];

export const play: Play = {
  applicationId: 'shopping-cart',
  about: 'Orders that the events of the carts add up to:',
  topology,
  inputs: [
    script(
      'cart-events',
      serdes.string(),
      serdes.json<CartEvent>(),
      events.map(([key, value], second) => ({ key, value, timestamp: noon + second * 1_000 })),
    ),
  ],
  outputs: [rows('orders', serdes.string(), serdes.json<Cart['items']>(), 'stream')],
};
