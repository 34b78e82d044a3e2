/** Every serde of ours keeps the laws that the record path and the stores rely on. */
import { Change, serdes } from '@millrace/core';
import { describeSerdeConformance } from '@millrace/testing/conformance';
import { describe, expect, it } from 'vitest';
import { ChangeSerde } from '../../src/serde/change-serde.ts';

const tools = { describe, expect, it };
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

describeSerdeConformance(
  'string',
  {
    create: serdes.string,
    values: ['', 'a', 'word', 'é', '\u{1F600}', '\0', '\uFFFD', 'x'.repeat(5000), 'ä'.repeat(40)],
    unwritable: [1, {}, Symbol('s')],
  },
  tools,
);
describeSerdeConformance(
  'long',
  {
    create: serdes.long,
    values: [0, 1, -1, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    malformed: [bytes(''), bytes('01'), bytes('7fffffffffffffff'), bytes('000000000000000000')],
    unwritable: [0.5, 2 ** 53, Number.NaN, 1n, '1'],
  },
  tools,
);
describeSerdeConformance(
  'bigint64',
  { create: serdes.bigint64, values: [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)], malformed: [bytes('00')], unwritable: [1, 2n ** 63n] },
  tools,
);
describeSerdeConformance(
  'integer',
  { create: serdes.integer, values: [0, -1, 2 ** 31 - 1, -(2 ** 31)], malformed: [bytes('00')], unwritable: [2 ** 31, 0.5, '1'] },
  tools,
);
describeSerdeConformance(
  'short',
  { create: serdes.short, values: [0, -1, 32767, -32768], malformed: [bytes('00')], unwritable: [32768, 0.5] },
  tools,
);
describeSerdeConformance(
  'double',
  { create: serdes.double, values: [0, -0, 1.5, Number.NaN, Infinity, 5e-324], malformed: [bytes('00')], unwritable: ['1', 1n] },
  tools,
);
describeSerdeConformance(
  'float',
  { create: serdes.float, values: [0, -0, 1.5, Number.NaN, -Infinity], malformed: [bytes('00')], unwritable: ['1'] },
  tools,
);
describeSerdeConformance(
  'boolean',
  { create: serdes.boolean, values: [true, false], malformed: [bytes(''), bytes('02')], unwritable: [1, 'true'] },
  tools,
);
describeSerdeConformance('bytes', { create: serdes.bytes, values: [bytes(''), bytes('00ff')], unwritable: ['text', 1] }, tools);
describeSerdeConformance(
  'json',
  {
    create: () => serdes.json<unknown>(),
    values: [0, 'a', [], { a: [1, null, { b: 'ü' }] }, true],
    malformed: [bytes(''), bytes('7b')],
    unwritable: [1n, () => 1],
  },
  tools,
);
describeSerdeConformance(
  'uuid',
  { create: serdes.uuid, values: ['3f2504e0-4f89-11d3-9a0c-0305e82c3301'], malformed: [bytes('3f')], unwritable: ['x', 1] },
  tools,
);
describeSerdeConformance(
  'change',
  {
    create: () => new ChangeSerde(serdes.string()),
    values: [new Change<string>('a', null), new Change<string>(null, 'b'), new Change('a', 'b'), new Change('', '')],
    malformed: [bytes(''), bytes('09')],
    unwritable: [new Change<string>(null, null)],
  },
  tools,
);
