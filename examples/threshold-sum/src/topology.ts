/** Adds up what each account has spent and keeps a table of the accounts above a limit. */
import { StreamsBuilder, type Topology, serdes } from 'millrace';

export interface Payment {
  readonly merchant: string;
  readonly cents: number;
}

export const limitCents = 100_000;

const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.json<Payment>(), requireNames: true });

builder
  .stream('payments')
  .groupByKey()
  .aggregate(
    () => 0,
    (cents, payment) => cents + payment.cents,
    { store: { name: 'spent', value: serdes.long() } },
  )
  // A table's filter: an account that falls below the limit by a refund is deleted downstream.
  .filter((cents) => cents > limitCents, { name: 'above-limit' })
  .toStream()
  .to('large-spenders', { value: serdes.long() });

export const topology: Topology = builder.build();
