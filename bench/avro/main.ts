/** The Avro serde against bare avsc and against the JSON serde, by turns in one run, outputs compared: `node bench/dist/avro/main.js`. */
import { parseArgs } from 'node:util';
import { avro } from '@millrace/avro';
import { ByteWriter, type Serde, serdes } from '@millrace/core';
import { MemorySchemaRegistry } from '@millrace/testing/registry';
import avsc from 'avsc';
import { type Order, orders, orderSchema } from './orders.ts';

const usage = `Usage: node bench/dist/avro/main.js [--rounds N] [--json]

Encodes and decodes orders with the Avro serde (registry frame), with bare avsc and with the JSON serde, by turns; prints the ratios of the medians. Above 1: Millrace is faster.
`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}

const count = 2_000;
const values = orders(count);
const registry = new MemorySchemaRegistry();
registry.register('orders-value', { schema: JSON.stringify(orderSchema), references: [] });
const serde = bound(avro<Order>(orderSchema, { registry }));
const json = serdes.json<Order>();
const type = avsc.Type.forSchema(orderSchema as unknown as avsc.Schema);
const writer = new ByteWriter(1 << 20);

function bound(of: Serde<Order>): Serde<Order> {
  return of.bind?.({ topic: 'orders', role: 'value' }) ?? of;
}

function encoded(by: Serde<Order>): readonly Buffer[] {
  return values.map((value) => {
    writer.position = 0;
    by.encodeInto(value, writer);
    return Buffer.from(writer.toBytes());
  });
}

const framed = encoded(serde);
const texts = encoded(json);
const bare = values.map((value) => type.toBuffer(value));
check();

/** All three hold the same values; the serde's bytes are avsc's behind the frame. */
function check(): void {
  for (let i = 0; i < count; i++) {
    const expected = JSON.stringify(values[i]);
    const frame = framed[i] as Buffer;
    if (!frame.subarray(5).equals(bare[i] as Buffer)) throw new Error(`order ${i}: other bytes than avsc's`);
    if (JSON.stringify(serde.decode(frame, 0, frame.length)) !== expected) throw new Error(`order ${i}: another value`);
    if (JSON.stringify(type.fromBuffer(bare[i] as Buffer)) !== expected) throw new Error(`order ${i}: another value of avsc`);
  }
}

const scratch = Buffer.alloc(1 << 16);
const work: Readonly<Record<string, () => void>> = {
  'encode avro': () => encodeAll(serde),
  'encode avsc': () => {
    for (const value of values) type.encode(value, scratch, 0);
  },
  'encode json': () => encodeAll(json),
  'decode avro': () => decodeAll(serde, framed),
  'decode avsc': () => {
    for (const bytes of bare) type.decode(bytes, 0);
  },
  'decode json': () => decodeAll(json, texts),
};

function encodeAll(by: Serde<Order>): void {
  for (const value of values) {
    writer.position = 0;
    by.encodeInto(value, writer);
  }
}

function decodeAll(by: Serde<Order>, all: readonly Buffer[]): void {
  for (const bytes of all) by.decode(bytes, 0, bytes.length);
}

const times = new Map<string, number[]>(Object.keys(work).map((name) => [name, []]));
for (let round = 0; round < Number(options.rounds) + 3; round++) {
  for (const [name, run] of Object.entries(work)) {
    const started = performance.now();
    for (let i = 0; i < 10; i++) run();
    // The first rounds warm up.
    if (round >= 3) times.get(name)?.push(performance.now() - started);
  }
}

function median(name: string): number {
  const sorted = [...(times.get(name) ?? [])].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const ratios = Object.fromEntries(
  ['encode', 'decode'].flatMap((way) =>
    ['avsc', 'json'].map((other) => [`${way} against ${other}`, Number((median(`${way} ${other}`) / median(`${way} avro`)).toFixed(2))]),
  ),
);
process.stdout.write(
  options.json
    ? `${JSON.stringify(ratios)}\n`
    : `${Object.entries(ratios)
        .map(([name, ratio]) => `${name.padEnd(22)} ${ratio}`)
        .join('\n')}\n`,
);
