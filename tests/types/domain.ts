/** What the long topologies are about, and where they begin; alone, it is what the compiler's work on them is measured against. */
import { serdes, StreamsBuilder } from 'millrace';

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly cents: number;
  readonly coupon: string | null;
  readonly kind: 'online' | 'shop';
}

export interface Customer {
  readonly name: string;
  readonly country: string;
}

export interface Payment {
  readonly order: string;
  readonly cents: number;
}

export type Message = { readonly type: 'text'; readonly text: string } | { readonly type: 'number'; readonly number: number };

export const newBuilder = (): StreamsBuilder<string, Order> => new StreamsBuilder({ key: serdes.string(), value: serdes.json<Order>() });
