/** A few payments, one of which is refunded. */
import { type Play, rows, script } from '@millrace/example-stage';
import { serdes } from 'millrace';
import { type Payment, topology } from './topology.ts';

const noon = Date.UTC(2026, 0, 1, 12);

const payments: readonly (readonly [account: string, merchant: string, cents: number])[] = [
  ['ada', 'bookshop', 30_000],
  ['ben', 'grocer', 4_500],
  ['ada', 'airline', 80_000],
  ['cyd', 'airline', 120_000],
  ['cyd', 'airline', -120_000],
  ['ben', 'hotel', 96_000],
];

export const play: Play = {
  applicationId: 'threshold-sum',
  about: 'Accounts that have spent more than 1,000.00, in cents:',
  topology,
  inputs: [
    script(
      'payments',
      serdes.string(),
      serdes.json<Payment>(),
      payments.map(([key, merchant, cents], second) => ({ key, value: { merchant, cents }, timestamp: noon + second * 1_000 })),
    ),
  ],
  outputs: [rows('large-spenders', serdes.string(), serdes.long())],
};
