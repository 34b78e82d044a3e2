/** Millrace's own serdes keep the laws, and the suite sees serdes that do not. */
import { type Serde, serdes } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { describeSerdeConformance, type SerdeConformanceOptions } from '../../src/conformance/index.ts';

const tools = { describe, it, expect };
const threeBytes = Uint8Array.of(1, 2, 3);

describeSerdeConformance(
  'string',
  { create: () => serdes.string(), values: ['', 'a', 'grüße', '\u{1F30A}', 'x'.repeat(5000)], unwritable: [1, {}] },
  tools,
);
describeSerdeConformance(
  'long',
  {
    create: serdes.long,
    values: [0, -1, 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    malformed: [threeBytes, Buffer.alloc(8, 0x7f)],
    unwritable: [2 ** 53, 0.5, NaN, '1'],
  },
  tools,
);
describeSerdeConformance(
  'bigint64',
  {
    create: () => serdes.bigint64(),
    values: [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)],
    malformed: [threeBytes],
    unwritable: [2n ** 63n, '1'],
  },
  tools,
);
describeSerdeConformance(
  'integer',
  { create: () => serdes.integer(), values: [0, -(2 ** 31), 2 ** 31 - 1], malformed: [threeBytes], unwritable: [2 ** 31, 0.5] },
  tools,
);
describeSerdeConformance(
  'short',
  { create: () => serdes.short(), values: [0, -(2 ** 15), 2 ** 15 - 1], malformed: [threeBytes], unwritable: [2 ** 15] },
  tools,
);
describeSerdeConformance(
  'double',
  { create: () => serdes.double(), values: [0, -0, 0.1, -Infinity, NaN, Number.MIN_VALUE], malformed: [threeBytes], unwritable: ['1'] },
  tools,
);
describeSerdeConformance(
  'boolean',
  { create: () => serdes.boolean(), values: [true, false], malformed: [threeBytes], unwritable: ['true'] },
  tools,
);
describeSerdeConformance(
  'bytes',
  { create: () => serdes.bytes(), values: [new Uint8Array(), threeBytes, new Uint8Array(3000).fill(255)], unwritable: ['abc'] },
  tools,
);
describeSerdeConformance(
  'uuid',
  { create: () => serdes.uuid(), values: ['123e4567-e89b-12d3-a456-426614174000'], malformed: [threeBytes], unwritable: ['no uuid', 7] },
  tools,
);
describeSerdeConformance(
  'json',
  {
    create: () => serdes.json<unknown>(),
    values: [{}, [], [1, { a: null }], 'text', 0, true],
    malformed: [Buffer.from('{')],
    unwritable: [undefined],
  },
  tools,
);
describeSerdeConformance(
  'from functions',
  {
    create: () => serdes.from<string>({ encode: (text) => Buffer.from(text), decode: (bytes) => Buffer.from(bytes).toString() }),
    values: ['', 'grüße'],
    unwritable: [7],
  },
  tools,
);

/** Runs the suite and returns the names of the laws that were broken. */
function brokenLaws<T>(options: SerdeConformanceOptions<T>): readonly string[] {
  const broken: string[] = [];
  const run = (name: string, body: () => void | Promise<void>): void => {
    try {
      void body();
    } catch {
      broken.push(name);
    }
  };
  describeSerdeConformance('tried', options, { describe: (_name, body) => body(), it: run, expect });
  return broken;
}

describe('the suite', () => {
  const text = serdes.string();
  const good: Serde<string> = {
    immutable: true,
    primitive: true,
    format: undefined,
    decode: (buffer, start, end) => text.decode(buffer, start, end),
    encodeInto: (value, writer) => text.encodeInto(value, writer),
  };

  it('accepts a serde that keeps every law', () => {
    expect(brokenLaws({ create: () => good, values: ['a', 'b'] })).toEqual([]);
  });

  it.each<[law: string, serde: Serde<string>]>([
    ['reads the given range and nothing around it', { ...good, decode: (buffer) => text.decode(buffer, 0, buffer.length) }],
    [
      'appends behind what is written already',
      {
        ...good,
        encodeInto: (value, writer) => {
          writer.position = 0;
          text.encodeInto(value, writer);
        },
      },
    ],
    ['writes what it read as the same bytes', { ...good, decode: (buffer, start, end) => text.decode(buffer, start, end).toUpperCase() }],
    ['calls its values primitive only if they are', { ...good, immutable: false }],
    ['throws on bytes that it cannot read, and works on', good],
    ['calls bytes canonical only if it would write them again', { ...good, isCanonical: () => true }],
  ])('sees that "%s" is broken', (law, serde) => {
    expect(brokenLaws({ create: () => serde, values: ['a', 'b'], malformed: [Uint8Array.of(0xff)] })).toContain(law);
  });

  it('sees a serde that hands out the memory it read', () => {
    const sharing: Serde<Uint8Array> = {
      immutable: false,
      primitive: false,
      format: undefined,
      decode: (buffer, start, end) => new Uint8Array(buffer.buffer, buffer.byteOffset + start, end - start),
      encodeInto: (value, writer) => writer.writeBytes(value),
    };
    expect(brokenLaws({ create: () => sharing, values: [threeBytes] })).toContain('shares no memory with the buffer that it read');
  });
});
