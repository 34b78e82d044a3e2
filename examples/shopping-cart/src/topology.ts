/** Event sourcing: the events of a shopper are the truth, the cart is what they add up to, an order is a cart that was checked out. */
import { StreamsBuilder, type Topology, serdes } from 'millrace';

export type CartEvent =
  | { readonly type: 'added'; readonly item: string; readonly quantity: number }
  | { readonly type: 'removed'; readonly item: string }
  | { readonly type: 'checkedOut' };

export interface Cart {
  readonly items: Readonly<Record<string, number>>;
  readonly isOrdered: boolean;
}

const emptyCart: Cart = { items: {}, isOrdered: false };

/** The cart after one more event. What comes behind an order begins a new cart. */
export function apply(cart: Cart, event: CartEvent): Cart {
  const { items } = cart.isOrdered ? emptyCart : cart;
  switch (event.type) {
    case 'added':
      return { items: { ...items, [event.item]: (items[event.item] ?? 0) + event.quantity }, isOrdered: false };
    case 'removed': {
      const { [event.item]: _, ...others } = items;
      return { items: others, isOrdered: false };
    }
    case 'checkedOut':
      return { items, isOrdered: true };
  }
}

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.json<CartEvent>(), requireNames: true });

const carts = builder
  .stream('cart-events')
  .groupByKey()
  .aggregate(
    () => emptyCart,
    apply,
    // Every state of a cart comes out: with caching a cart that is ordered and filled again between two commits would hide the order.
    { store: { name: 'carts', value: serdes.json<Cart>(), caching: false } },
  );

carts
  .toStream()
  .filter((cart) => cart !== null && cart.isOrdered && Object.keys(cart.items).length > 0)
  .mapValues((cart) => cart?.items ?? {})
  .to('orders', { value: serdes.json<Cart['items']>() });

export const topology: Topology = builder.build();
