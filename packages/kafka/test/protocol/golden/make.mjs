/**
 * Makes the golden vectors beside it: node make.mjs MESSAGES_MODULE
 *
 * MESSAGES_MODULE is a codec that reads Kafka's own message schemas and exports `requests`, `responses` and `data` (schemas by name or key), `encode(schema,
 * version, value)` and `flexible(schema, version)`. Values are drawn from those schemas, not from our descriptions, so that a field missing in ours shows.
 * Not run in CI: it needs the schemas of a Kafka installation.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const oracle = await import(pathToFileURL(resolve(process.argv[2])).href);

const apis = [
  'Produce Fetch ListOffsets Metadata OffsetCommit OffsetFetch FindCoordinator JoinGroup Heartbeat LeaveGroup SyncGroup DescribeGroups ListGroups',
  'SaslHandshake ApiVersions CreateTopics DeleteTopics DeleteRecords InitProducerId OffsetForLeaderEpoch AddPartitionsToTxn AddOffsetsToTxn EndTxn',
  'TxnOffsetCommit DescribeConfigs AlterConfigs SaslAuthenticate CreatePartitions DeleteGroups IncrementalAlterConfigs ListPartitionReassignments',
  'OffsetDelete DescribeCluster DescribeProducers DescribeTransactions ListTransactions ConsumerGroupHeartbeat ConsumerGroupDescribe',
  'GetTelemetrySubscriptions DescribeTopicPartitions',
].flatMap((line) => line.split(' '));
const structures = ['ConsumerProtocolSubscription', 'ConsumerProtocolAssignment', 'RequestHeader'];
/** The first versions that Kafka's schemas list and its brokers refuse are left out, and those above what is described here. */
const limits = { Produce: [3, 13], Fetch: [4, 17], ListOffsets: [1, 11], InitProducerId: [0, 5] };

/** Mulberry32: the same vectors every time. */
let state = 20_251_121;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const below = (limit) => Math.floor(random() * limit);
const pick = (list) => list[below(list.length)];
const integer = (bits) => pick([1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), below(100) + 2, -below(100) - 2]);
const bytes = (size) => Buffer.from(Array.from({ length: size }, () => below(256)));

const scalars = {
  bool: () => random() < 0.5,
  int8: () => integer(8),
  int16: () => integer(16),
  uint16: () => pick([1, 0xffff, below(60_000) + 2]),
  int32: () => integer(32),
  uint32: () => pick([1, 0xffffffff, below(60_000) + 2]),
  int64: () => pick([1, -2, 2 ** 53 - 1, -(2 ** 53) + 1, below(2 ** 31) * 1000 + 7]),
  float64: () => random() * 1e9 + 1,
  uuid: () => bytes(16),
  string: () => pick(['a', 'topic-1', 'größer', 'x'.repeat(130), '日本']),
  bytes: () => bytes(1 + below(20)),
  records: () => bytes(1 + below(200)),
};

const within = (range, version) => {
  const match = /^(\d+)(\+|-(\d+))?$/.exec(range ?? '');
  return match !== null && version >= +match[1] && (match[2] === '+' || version <= +(match[3] ?? match[1]));
};
const lower = (name) => name[0].toLowerCase() + name.slice(1);

/** `full` fills every field, with no value equal to its default; `bare` gives null, empty and zero wherever it may, and no tagged field. */
function valueOf(field, type, version, structs, style) {
  if (style === 'bare' && within(field.nullableVersions, version)) return null;
  if (type.startsWith('[]')) {
    const count = style === 'bare' ? 0 : 1 + below(2);
    return Array.from({ length: count }, () => valueOf({ ...field, nullableVersions: undefined }, type.slice(2), version, structs, style));
  }
  const scalar = scalars[type];
  if (scalar === undefined) return structValue(field.fields ?? structs.get(type), version, structs, style);
  if (style === 'bare') return { string: '', bool: false, uuid: Buffer.alloc(16), bytes: Buffer.alloc(0), records: Buffer.alloc(0) }[type] ?? 0;
  for (let value = scalar(); ; value = scalar()) if (String(value) !== String(field.default ?? '')) return value;
}

function structValue(fields, version, structs, style) {
  const value = {};
  for (const field of fields) {
    if (!within(field.versions, version)) continue;
    if (field.tag !== undefined && style === 'bare') continue;
    value[lower(field.name)] = valueOf(field, field.type, version, structs, style);
  }
  return value;
}

function vectors(schema, direction, [min, max]) {
  const structs = new Map((schema.commonStructs ?? []).map(({ name, fields }) => [name, fields]));
  const made = [];
  for (let version = min; version <= max; version++) {
    for (const style of ['full', 'bare']) {
      const value = structValue(schema.fields, version, structs, style);
      made.push({ direction, version, value: plain(value), bytes: oracle.encode(schema, version, value).toString('base64') });
    }
  }
  return made;
}

/** Buffers as `{ "$bytes": base64 }`. */
function plain(value) {
  if (Buffer.isBuffer(value)) return { $bytes: value.toString('base64') };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
  return value;
}

function rangeOf(schema) {
  const [min, max = min] = schema.validVersions.split('-').map(Number);
  return [min, max];
}

function save(name, content) {
  const lines = content.map((vector) => `  ${JSON.stringify(vector)}`).join(',\n');
  writeFileSync(`${folder}${name}.json`, `[\n${lines}\n]\n`);
}

mkdirSync(folder, { recursive: true });
for (const name of apis) {
  const request = oracle.requests.get(name);
  const range = limits[name] ?? rangeOf(request);
  save(name, [...vectors(request, 'request', range), ...vectors(oracle.responses.get(request.apiKey), 'response', range)]);
}
for (const name of structures) save(name, vectors(oracle.data.get(name), 'data', rangeOf(oracle.data.get(name))));
