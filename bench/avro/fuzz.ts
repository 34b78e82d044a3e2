/** Feeds the decoder what no producer writes: `node bench/dist/avro/fuzz.js --count 10000000`. Ends with 1 at the first outcome that is neither a value nor an error with a code. */
import { parseArgs } from 'node:util';
import { AvroCodec, AvroError } from '@millrace/avro';
import { orders, orderSchema } from './orders.ts';

const usage = `Usage: node bench/dist/avro/fuzz.js [--count N] [--seed N]

Decodes random bytes, and encoded values with bytes changed, cut off and inserted, by several schemas and by readers that skip. Prints how each ended and the most memory that was used.
`;

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}

const record = (name: string, ...fields: unknown[]): unknown => ({ type: 'record', name, fields });
const everything = record(
  'Everything',
  { name: 'n', type: 'null' },
  { name: 'b', type: 'boolean' },
  { name: 'i', type: 'int' },
  { name: 'l', type: 'long' },
  { name: 'f', type: 'float' },
  { name: 'd', type: 'double' },
  { name: 's', type: 'string' },
  { name: 'y', type: 'bytes' },
  { name: 'x', type: { type: 'fixed', name: 'F', size: 3 } },
  { name: 'u', type: ['null', 'string', 'Everything'] },
  { name: 'a', type: { type: 'array', items: 'Everything' } },
  { name: 'm', type: { type: 'map', values: ['null', 'long'] } },
  { name: 'z', type: { type: 'array', items: 'null' } },
  { name: 't', type: { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 } },
  { name: 'w', type: { type: 'long', logicalType: 'timestamp-micros' } },
);

// Nearly every input ends in an error, and taking its stack is most of the work. Whoever looks into a failure decodes the input that is printed.
Error.stackTraceLimit = 0;

/** A small generator, so that a seed tells everything. */
let state = Number(options.seed) >>> 0 || 1;
function random(limit: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

const leaf = {
  n: null,
  b: true,
  i: -5,
  l: 2 ** 40,
  f: 1.5,
  d: 0.1,
  s: 'text',
  y: new Uint8Array(3),
  x: new Uint8Array(3),
  u: 'x',
  a: [],
  m: { k: 1, o: null },
  z: [null],
  t: '1.25',
  w: '2026-01-01T00:00:00.000001Z',
};
const tree = { ...leaf, u: leaf, a: [leaf, leaf] };

const whole = new AvroCodec(everything);
const order = new AvroCodec(orderSchema);
const targets: readonly { readonly read: (bytes: Uint8Array) => unknown; readonly seeds: readonly Uint8Array[] }[] = [
  { read: (bytes) => whole.decode(bytes), seeds: [whole.encode(leaf), whole.encode(tree)] },
  {
    read: new AvroCodec(record('Everything', { name: 'i', type: 'double' }, { name: 'w', type: 'long' })).decoderFor(everything),
    seeds: [whole.encode(leaf), whole.encode(tree)],
  },
  { read: (bytes) => order.decode(bytes), seeds: orders(8).map((value) => order.encode(value)) },
  {
    read: new AvroCodec(record('Order', { name: 'tags', type: { type: 'map', values: 'bytes' } })).decoderFor(orderSchema),
    seeds: orders(8).map((value) => order.encode(value)),
  },
];

const nasty = [0, 1, 2, 3, 127, 128, 254, 255];
const input = Buffer.alloc(4_096);

/** Fills `input` and returns the length. */
function make(seeds: readonly Uint8Array[]): number {
  if (random(4) === 0) {
    const length = random(64);
    for (let i = 0; i < length; i++) input[i] = random(2) === 0 ? (nasty[random(nasty.length)] as number) : random(256);
    return length;
  }
  const seed = seeds[random(seeds.length)] as Uint8Array;
  input.set(seed);
  let length = seed.length;
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = random(Math.max(1, length));
    const kind = random(4);
    if (kind === 0) length = at;
    else if (kind === 1) input[at] = nasty[random(nasty.length)] as number;
    else if (kind === 2) input[at] = (input[at] as number) ^ (1 << random(8));
    else {
      input.copyWithin(at + 1, at, length);
      input[at] = nasty[random(nasty.length)] as number;
      length++;
    }
  }
  return length;
}

const outcomes = new Map<string, number>();
let mostBytes = 0;
let slowestMs = 0;
const count = Number(options.count);
for (let i = 0; i < count; i++) {
  const target = targets[i % targets.length] as (typeof targets)[number];
  const length = make(target.seeds);
  const started = performance.now();
  let outcome = 'value';
  try {
    target.read(input.subarray(0, length));
  } catch (error) {
    if (!(error instanceof AvroError)) {
      process.stderr.write(`input ${i} of seed ${options.seed}: ${input.toString('hex', 0, length)}\n${String(error)}\n`);
      process.exit(1);
    }
    outcome = error.code;
  }
  slowestMs = Math.max(slowestMs, performance.now() - started);
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  if (i % 100_000 === 0) mostBytes = Math.max(mostBytes, process.memoryUsage().rss);
}
process.stdout.write(`${count} inputs: ${[...outcomes].map(([name, times]) => `${times} ${name}`).join(', ')}\n`);
process.stdout.write(`most memory: ${Math.round(mostBytes / 2 ** 20)} MiB; the slowest took ${slowestMs.toFixed(1)} ms\n`);
