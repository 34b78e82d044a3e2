/** The Avro serdes keep the laws that the record path and the stores rely on. */
import { avro } from '@millrace/avro';
import { describeSerdeConformance } from '@millrace/testing/conformance';
import { MemorySchemaRegistry } from '@millrace/testing/registry';
import { describe, expect, it } from 'vitest';

const tools = { describe, expect, it };
const schema = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'note', type: ['null', 'string'] },
    { name: 'lines', type: { type: 'array', items: 'bytes' } },
  ],
};
const values = [
  { id: 0, note: null, lines: [] },
  { id: Number.MIN_SAFE_INTEGER, note: 'ä'.repeat(5_000), lines: [new Uint8Array(0), new Uint8Array(300)] },
];
const unwritable = [1, null, {}, { ...values[0], id: 0.5 }, { ...values[0], extra: 1 }];
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

describeSerdeConformance(
  'avro with a registry',
  {
    create: () => {
      const serde = avro<(typeof values)[number]>(schema, { registry: new MemorySchemaRegistry(), subject: 'record' });
      return serde.bind?.({ topic: 'orders', role: 'value' }) ?? serde;
    },
    values,
    malformed: [bytes(''), bytes('00000000'), bytes('0100000001000000'), bytes('00000000090000'), bytes('000000000100')],
    unwritable,
  },
  tools,
);

describeSerdeConformance(
  'avro as single objects',
  {
    create: () => avro<(typeof values)[number]>(schema),
    values,
    malformed: [bytes(''), bytes('c301'), bytes('c3010000000000000000000000'), bytes('c30200')],
    unwritable,
  },
  tools,
);
