/** The parsing canonical form of a schema and its 64-bit fingerprint: how single objects name their schema, and how two schemas are told to be the same. */
import type { Schema } from './schema.ts';

/** Avro specification, "Parsing Canonical Form for Schemas". Java: `SchemaNormalization.toParsingForm`. */
export function canonicalForm(schema: Schema): string {
  return write(schema, new Set());
}

function write(schema: Schema, seen: Set<string>): string {
  switch (schema.type) {
    case 'union':
      return `[${schema.branches.map((branch) => write(branch, seen)).join(',')}]`;
    case 'array':
      return `{"type":"array","items":${write(schema.items, seen)}}`;
    case 'map':
      return `{"type":"map","values":${write(schema.values, seen)}}`;
    case 'record':
    case 'enum':
    case 'fixed':
      break;
    default:
      return `"${schema.type}"`;
  }
  const name = JSON.stringify(schema.name);
  if (seen.has(schema.name)) return name;
  seen.add(schema.name);
  const head = `{"name":${name},"type":"${schema.type}"`;
  if (schema.type === 'fixed') return `${head},"size":${schema.size}}`;
  if (schema.type === 'enum') return `${head},"symbols":[${schema.symbols.map((symbol) => JSON.stringify(symbol)).join(',')}]}`;
  const fields = schema.fields.map((field) => `{"name":${JSON.stringify(field.name)},"type":${write(field.schema, seen)}}`);
  return `${head},"fields":[${fields.join(',')}]}`;
}

const empty = 0xc15d213aa4d7a795n;
let table: readonly bigint[] | undefined;

function fingerprintTable(): readonly bigint[] {
  return (table ??= Array.from({ length: 256 }, (_, index) => {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ (empty & -(value & 1n));
    return value;
  }));
}

/** CRC-64-AVRO (Rabin) of the canonical form, 8 bytes, little endian. Java: `SchemaNormalization.parsingFingerprint64`. */
export function fingerprint(schema: Schema): Uint8Array {
  const values = fingerprintTable();
  let value = empty;
  for (const byte of Buffer.from(canonicalForm(schema), 'utf8')) {
    value = (value >> 8n) ^ (values[Number((value ^ BigInt(byte)) & 0xffn)] as bigint);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return new Uint8Array(bytes);
}
