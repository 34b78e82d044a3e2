/** Orders and payments meet within an hour, whichever comes first; an order that nobody pays by then is told as such. */
import { StreamsBuilder, type Topology, joinWindows, serdes } from 'millrace';

export interface Order {
  readonly cents: number;
}

export interface Payment {
  readonly cents: number;
  readonly method: string;
}

export interface Outcome {
  readonly status: 'paid' | 'short' | 'unpaid';
  readonly cents: number;
}

const builder = new StreamsBuilder({ key: serdes.string(), requireNames: true });

const orders = builder.stream('orders', { value: serdes.json<Order>() });
const payments = builder.stream('payments', { value: serdes.json<Payment>() });

function settle(order: Order, payment: Payment | null): Outcome {
  if (payment === null) return { status: 'unpaid', cents: 0 };
  return { status: payment.cents < order.cents ? 'short' : 'paid', cents: payment.cents };
}

const outcomes = orders.leftJoin(payments, settle, {
  windows: joinWindows({ difference: '1h', grace: '5m' }),
  value: serdes.json<Order>(),
  otherValue: serdes.json<Payment>(),
  name: 'order-payment',
  store: 'order-payment',
});

const { settled, open } = outcomes.split({ settled: (outcome) => outcome.status === 'paid' }, { name: 'outcome-', default: 'open' });
settled.to('paid-orders', { value: serdes.json<Outcome>() });
open.to('open-orders', { value: serdes.json<Outcome>() });

export const topology: Topology = builder.build();
