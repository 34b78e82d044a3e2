/** The registry's frame and what is kept with state, where neither can be trusted; and what is written while the registry is away. */
import { ByteWriter, type Serde } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { avro, AvroError, type SchemaRegistry } from '../../src/index.ts';

const amount = (scale: number): unknown => ({
  type: 'record',
  name: 'A',
  fields: [{ name: 'm', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale } }],
});

/** One that takes what it is given, until it is away. */
class Registry implements SchemaRegistry {
  isAway = false;
  readonly #texts: string[] = [];

  schema(id: number): never {
    throw new AvroError('MR_AVRO_SCHEMA_UNKNOWN', `there is no ${id}`);
  }

  subjects(): never[] {
    return [];
  }

  versions(): never[] {
    return [];
  }

  version(): never {
    throw new AvroError('MR_AVRO_SCHEMA_UNKNOWN', 'there is none');
  }

  lookUp(): never {
    throw new AvroError('MR_AVRO_SCHEMA_UNKNOWN', 'there is none');
  }

  register(_subject: string, { schema }: { readonly schema: string }): number {
    if (this.isAway) throw new AvroError('MR_AVRO_REGISTRY_UNAVAILABLE', 'away');
    return this.#texts.push(schema);
  }
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof AvroError ? error.code : String(error);
  }
  return 'nothing was thrown';
}

function sink(schema: unknown, registry: SchemaRegistry): Serde<unknown> {
  const serde = avro<unknown>(schema, { registry });
  return serde.bind?.({ topic: 't', role: 'value' }) ?? serde;
}

const open = (serde: Serde<unknown>): unknown => serde.open?.({ purpose: 'sink', kept: new Map(), keep: () => {} });

describe('frames', () => {
  test.each([-1, -2, -(2 ** 31), 5])('the id %d is unknown, whatever was decoded before', (id) => {
    const serde = sink(amount(2), new Registry());
    const bytes = Buffer.alloc(6);
    bytes.writeInt32BE(id, 1);
    expect(codeOf(() => serde.decode(bytes, 0, 6))).toBe('MR_AVRO_SCHEMA_UNKNOWN');
    expect(codeOf(() => serde.decode(bytes, 0, 6))).toBe('MR_AVRO_SCHEMA_UNKNOWN');
  });
});

test('while the registry is away no amount is written under the id of another scale', () => {
  const registry = new Registry();
  open(sink(amount(2), registry));
  registry.isAway = true;
  expect(codeOf(() => open(sink(amount(4), registry)))).toBe('MR_AVRO_REGISTRY_UNAVAILABLE');
  const same = sink(amount(2), registry);
  expect(codeOf(() => open(same))).toBe('nothing was thrown');
  const writer = new ByteWriter(16);
  same.encodeInto({ m: '12.34' }, writer);
  const bytes = writer.toBytes();
  expect(same.decode(bytes, 0, bytes.length)).toEqual({ m: '12.34' });
});

test.each([[[1, 2]], [[0x7b, 0x7d]], [[]]])('what was kept and is not readable is an error with a code: %j', (bytes) => {
  const kept = new Map([['1 own', new Uint8Array(bytes)]]);
  const serde = sink(amount(2), new Registry());
  expect(codeOf(() => serde.open?.({ purpose: 'store', kept, keep: () => {} }))).toBe('MR_AVRO_SCHEMA_INVALID');
});
