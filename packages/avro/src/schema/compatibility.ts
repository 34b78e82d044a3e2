/** Whether every value of one schema can be read with another: what registries ask before they take a schema. Java: `SchemaCompatibility`. */
import { candidateBranches, namesAgree, promotes } from '../codec/resolution.ts';
import { type Field, type RecordSchema, type Schema, schemaName } from './schema.ts';

/** Why `reader` cannot read everything that `writer` may write, with the place; undefined if it can. */
export function findIncompatibility(writer: Schema, reader: Schema): string | undefined {
  return compare(writer, reader, '', { failed: new Map(), passed: [] });
}

/** Pairs of records that were compared. */
interface Seen {
  readonly failed: Map<RecordSchema, Map<RecordSchema, string>>;
  /** In their order, those that are being compared included: they count as compatible until they are found not to be. */
  readonly passed: { readonly writer: RecordSchema; readonly reader: RecordSchema }[];
}

function compare(writer: Schema, reader: Schema, path: string, seen: Seen): string | undefined {
  if (writer.type === 'union') return first(writer.branches, (branch) => compare(branch, reader, path, seen));
  if (reader.type === 'union') {
    const reasons = candidateBranches(writer, reader).map((branch) => compare(writer, branch, path, seen));
    if (reasons.includes(undefined)) return undefined;
    return reasons[0] ?? at(path, `the reader's union lacks the writer's type ${schemaName(writer)}`);
  }
  if (writer.type !== reader.type) {
    return promotes(writer.type, reader.type)
      ? undefined
      : at(path, `the reader's type ${schemaName(reader)} cannot read the writer's ${schemaName(writer)}`);
  }
  if (writer.type === 'array' && reader.type === 'array') return compare(writer.items, reader.items, `${path}/items`, seen);
  if (writer.type === 'map' && reader.type === 'map') return compare(writer.values, reader.values, `${path}/values`, seen);
  if (writer.type === 'enum' && reader.type === 'enum') {
    if (!namesAgree(writer, reader)) return at(path, `the enum is called ${reader.name}, was ${writer.name}`);
    const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
    return missing.length === 0 || reader.default !== undefined
      ? undefined
      : at(path, `the reader's enum ${reader.name} lacks the symbols ${missing.join(', ')}`);
  }
  if (writer.type === 'fixed' && reader.type === 'fixed') {
    if (!namesAgree(writer, reader)) return at(path, `the fixed type is called ${reader.name}, was ${writer.name}`);
    return writer.size === reader.size ? undefined : at(path, `the size of ${reader.name} is ${reader.size}, was ${writer.size}`);
  }
  if (writer.type === 'record' && reader.type === 'record') return compareRecords(writer, reader, path, seen);
  return undefined;
}

function compareRecords(writer: RecordSchema, reader: RecordSchema, path: string, seen: Seen): string | undefined {
  const { failed, passed } = seen;
  if (passed.some((pair) => pair.writer === writer && pair.reader === reader)) return undefined;
  const known = failed.get(writer)?.get(reader);
  if (known !== undefined) return known;
  const before = passed.push({ writer, reader }) - 1;
  const reason = compareFields(writer, reader, path, seen);
  if (reason === undefined) return undefined;
  // What passed since then may have relied on this pair.
  passed.length = before;
  failed.set(writer, (failed.get(writer) ?? new Map<RecordSchema, string>()).set(reader, reason));
  return reason;
}

function compareFields(writer: RecordSchema, reader: RecordSchema, path: string, seen: Seen): string | undefined {
  if (!namesAgree(writer, reader)) return at(path, `the record is called ${reader.name}, was ${writer.name}`);
  return first(reader.fields, (field) => {
    const written = writer.fields.find(({ name }) => name === field.name || field.aliases.includes(name));
    if (written !== undefined) return compare(written.schema, field.schema, `${path}/${field.name}`, seen);
    return field.default === undefined ? at(path, missingDefault(field, reader)) : undefined;
  });
}

function missingDefault(field: Field, reader: RecordSchema): string {
  return `the field ${field.name} of ${reader.name} has no default value and is missing in the writer's schema`;
}

function at(path: string, reason: string): string {
  return `${reason} (at ${path === '' ? '/' : path})`;
}

function first<T>(items: readonly T[], look: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const reason = look(item);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
