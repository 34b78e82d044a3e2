/** What is measured: an order with lines, a map, a nullable field and an enum, as topics have them. */

export interface Order {
  readonly id: number;
  readonly customer: string;
  readonly amount: number;
  readonly paid: boolean;
  readonly note: string | null;
  readonly status: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number; readonly price: number }[];
  readonly tags: Readonly<Record<string, string>>;
}

export const orderSchema = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'customer', type: 'string' },
    { name: 'amount', type: 'double' },
    { name: 'paid', type: 'boolean' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'status', type: { type: 'enum', name: 'Status', symbols: ['NEW', 'PAID', 'SENT'] } },
    {
      name: 'lines',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Line',
          fields: [
            { name: 'sku', type: 'string' },
            { name: 'quantity', type: 'int' },
            { name: 'price', type: 'double' },
          ],
        },
      },
    },
    { name: 'tags', type: { type: 'map', values: 'string' } },
  ],
} as const;

const statuses = ['NEW', 'PAID', 'SENT'];

export function orders(count: number): readonly Order[] {
  return Array.from({ length: count }, (_, i) => ({
    id: 1_000_000_000_000 + i,
    customer: `customer-${i}`,
    amount: i * 1.25,
    paid: i % 2 === 0,
    note: i % 3 === 0 ? `please ring twice at ${i}, grüße` : null,
    status: statuses[i % 3] ?? 'NEW',
    lines: Array.from({ length: i % 4 }, (__, j) => ({ sku: `sku-${j}-${i}`, quantity: j + 1, price: 9.99 * j })),
    tags: { channel: 'web', region: `eu-${i % 5}` },
  }));
}
