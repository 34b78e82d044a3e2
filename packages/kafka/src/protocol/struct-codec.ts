/** Turns a field list and one version into closures that write and read it. Compiled once per version, on first use. */
import type { ByteReader } from './byte-reader.ts';
import { ByteWriter, ValueFault } from './byte-writer.ts';
import type { Field, FieldFacts, Fields, ScalarName } from './schema.ts';

export interface StructCodec {
  readonly write: (writer: ByteWriter, value: unknown) => void;
  readonly read: (reader: ByteReader) => unknown;
  /** The least bytes that a value takes; bounds the element count that a received length may announce. */
  readonly minBytes: number;
}

interface FieldCodec extends StructCodec {
  readonly name: string;
  readonly optional: boolean;
  readonly defaultValue: unknown;
  readonly isDefault: (value: unknown) => boolean;
}

/** The zero uuid, Kafka's "no id". */
const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA';
const noBytes = new Uint8Array(0);
const noElements: readonly unknown[] = Object.freeze([]);

const zeroOf: Readonly<Record<ScalarName, unknown>> = {
  boolean: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  float64: 0,
  uuid: zeroUuid,
  string: '',
  bytes: noBytes,
  records: noBytes,
};

/** @param flexible compact lengths and tagged fields */
export function compileStruct(fields: Fields, version: number, flexible: boolean): StructCodec {
  const plain: FieldCodec[] = [];
  const tagged: { readonly tag: number; readonly codec: FieldCodec }[] = [];
  const absent: FieldCodec[] = [];
  const order: { readonly name: string; readonly codec: FieldCodec | undefined; readonly defaultValue: unknown }[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const facts: FieldFacts = typeof field === 'string' ? {} : field;
    const codec = compileField(name, field, facts, version, flexible);
    const present = version >= (facts.since ?? 0) && version <= (facts.until ?? Infinity);
    const travelsPlain = present && facts.tag === undefined;
    order.push({ name, codec: travelsPlain ? codec : undefined, defaultValue: codec.defaultValue });
    if (travelsPlain) plain.push(codec);
    else if (present && facts.tag !== undefined) tagged.push({ tag: facts.tag, codec });
    else if (facts.ignorable !== true) absent.push(codec);
  }
  tagged.sort((a, b) => a.tag - b.tag);
  const codecByTag = new Map(tagged.map(({ tag, codec }) => [tag, codec]));

  const write = (writer: ByteWriter, value: unknown): void => {
    if (!isObject(value)) throw new ValueFault(`${describe(value)} is no structure`);
    let name = '';
    try {
      for (const codec of absent) {
        name = codec.name;
        const given = value[name];
        if (given !== undefined && !codec.isDefault(given)) throw new ValueFault(`version ${version} does not have this field`);
      }
      for (const codec of plain) {
        name = codec.name;
        codec.write(writer, given(value, codec));
      }
      if (flexible) {
        name = 'tagged fields';
        writeTagged(writer, value);
      }
    } catch (error) {
      throw error instanceof ValueFault ? error.under(name) : error;
    }
  };

  const writeTagged = (writer: ByteWriter, value: Readonly<Record<string, unknown>>): void => {
    const present = tagged.filter(({ codec }) => !codec.isDefault(given(value, codec)));
    writer.varint(present.length);
    for (const { tag, codec } of present) {
      const content = new ByteWriter();
      codec.write(content, given(value, codec));
      writer.varint(tag);
      writer.varint(content.length);
      writer.raw(content.bytes());
    }
  };

  const read = (reader: ByteReader): unknown => {
    const result: Record<string, unknown> = {};
    let name = '';
    try {
      for (const entry of order) {
        name = entry.name;
        result[name] = entry.codec === undefined ? entry.defaultValue : entry.codec.read(reader);
      }
      if (flexible) {
        name = 'tagged fields';
        readTagged(reader, result);
      }
    } catch (error) {
      throw error instanceof ValueFault ? error.under(name) : error;
    }
    return result;
  };

  const readTagged = (reader: ByteReader, result: Record<string, unknown>): void => {
    let previous = -1;
    for (let count = reader.varint(); count > 0; count--) {
      const tag = reader.varint();
      if (tag <= previous) throw new ValueFault(`tag ${tag} after tag ${previous}`);
      previous = tag;
      const size = reader.varint();
      const codec = codecByTag.get(tag);
      // Tags that a newer peer added are skipped by the protocol's own rule.
      if (codec === undefined) reader.skip(size);
      else result[codec.name] = reader.within(size, () => codec.read(reader));
    }
  };

  const minBytes = plain.reduce((sum, codec) => sum + codec.minBytes, flexible ? 1 : 0);
  return { write, read, minBytes };
}

function compileField(name: string, field: Field, facts: FieldFacts, version: number, flexible: boolean): FieldCodec {
  const nullable = version >= (facts.nullableSince ?? Infinity);
  const optional = facts.default !== undefined || facts.since !== undefined || facts.until !== undefined || facts.tag !== undefined;
  if (typeof field === 'object' && 'array' in field) {
    const element =
      typeof field.array === 'string' ? compileScalar(field.array, false, flexible) : compileStruct(field.array, version, flexible);
    const defaultValue = facts.default === null ? null : noElements;
    const isDefault = (value: unknown): boolean => (defaultValue === null ? value === null : Array.isArray(value) && value.length === 0);
    return { name, optional, defaultValue, isDefault, ...compileArray(element, nullable, flexible) };
  }
  if (typeof field === 'object' && 'struct' in field) {
    const struct = compileStruct(field.struct, version, flexible);
    const defaultValue = facts.default === null ? null : structDefault(field.struct, version, flexible);
    const isDefault = (value: unknown): boolean => (defaultValue === null ? value === null : sameAsDefault(value, defaultValue));
    return { name, optional, defaultValue, isDefault, ...(nullable ? nullableStruct(struct) : struct) };
  }
  const type = typeof field === 'string' ? field : field.type;
  const defaultValue = facts.default === undefined ? zeroOf[type] : facts.default;
  const isDefault = (value: unknown): boolean =>
    value === defaultValue || (value instanceof Uint8Array && defaultValue === noBytes && value.length === 0);
  return { name, optional, defaultValue, isDefault, ...compileScalar(type, nullable, flexible) };
}

function structDefault(fields: Fields, version: number, flexible: boolean): Readonly<Record<string, unknown>> {
  const value: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    value[name] = compileField(name, field, typeof field === 'string' ? {} : field, version, flexible).defaultValue;
  }
  return Object.freeze(value);
}

function sameAsDefault(value: unknown, defaultValue: unknown): boolean {
  if (!isObject(value) || !isObject(defaultValue)) return value === defaultValue;
  if (Array.isArray(value)) return Array.isArray(defaultValue) && value.length === 0;
  return Object.entries(defaultValue).every(([name, expected]) => value[name] === undefined || sameAsDefault(value[name], expected));
}

function compileArray(element: StructCodec, nullable: boolean, flexible: boolean): StructCodec {
  const writeSize = (writer: ByteWriter, size: number): void => (flexible ? writer.varint(size + 1) : writer.int32(size));
  return {
    minBytes: flexible ? 1 : 4,
    write: (writer, value) => {
      if (value === null && nullable) return writeSize(writer, -1);
      if (!Array.isArray(value)) throw new ValueFault(`${describe(value)} is no array`);
      writeSize(writer, value.length);
      let index = 0;
      try {
        for (; index < value.length; index++) element.write(writer, value[index]);
      } catch (error) {
        throw error instanceof ValueFault ? error.under(`[${index}]`) : error;
      }
    },
    read: (reader) => {
      const size = flexible ? reader.compactSize() : reader.size();
      if (size < 0) {
        if (nullable) return null;
        throw new ValueFault('a null array');
      }
      if (size * element.minBytes > reader.remaining) {
        throw new ValueFault(`${size} elements are announced, ${reader.remaining} bytes are left`);
      }
      const elements: unknown[] = [];
      try {
        while (elements.length < size) elements.push(element.read(reader));
      } catch (error) {
        throw error instanceof ValueFault ? error.under(`[${elements.length}]`) : error;
      }
      return elements;
    },
  };
}

/** A byte before the structure says whether there is one: -1 = null. */
function nullableStruct(struct: StructCodec): StructCodec {
  return {
    minBytes: 1,
    write: (writer, value) => {
      writer.int8(value === null ? -1 : 1);
      if (value !== null) struct.write(writer, value);
    },
    read: (reader) => (reader.int8() < 0 ? null : struct.read(reader)),
  };
}

function compileScalar(type: ScalarName, nullable: boolean, flexible: boolean): StructCodec {
  switch (type) {
    case 'boolean':
      return {
        minBytes: 1,
        write: (writer, value) => {
          if (typeof value !== 'boolean') throw new ValueFault(`${describe(value)} is no boolean`);
          writer.boolean(value);
        },
        read: (reader) => reader.boolean(),
      };
    case 'int8':
      return { minBytes: 1, write: (writer, value) => writer.int8(number(value)), read: (reader) => reader.int8() };
    case 'int16':
      return { minBytes: 2, write: (writer, value) => writer.int16(number(value)), read: (reader) => reader.int16() };
    case 'uint16':
      return { minBytes: 2, write: (writer, value) => writer.uint16(number(value)), read: (reader) => reader.uint16() };
    case 'int32':
      return { minBytes: 4, write: (writer, value) => writer.int32(number(value)), read: (reader) => reader.int32() };
    case 'uint32':
      return { minBytes: 4, write: (writer, value) => writer.uint32(number(value)), read: (reader) => reader.uint32() };
    case 'int64':
      return { minBytes: 8, write: (writer, value) => writer.int64(number(value)), read: (reader) => reader.int64() };
    case 'float64':
      return { minBytes: 8, write: (writer, value) => writer.float64(number(value)), read: (reader) => reader.float64() };
    case 'uuid':
      return {
        minBytes: 16,
        write: (writer, value) => {
          if (typeof value !== 'string') throw new ValueFault(`${describe(value)} is no uuid`);
          writer.uuid(value);
        },
        read: (reader) => reader.uuid(),
      };
    case 'string':
      return compileString(nullable, flexible);
    case 'bytes':
    case 'records':
      return compileBytes(nullable, flexible);
  }
}

function compileString(nullable: boolean, flexible: boolean): StructCodec {
  return {
    minBytes: flexible ? 1 : 2,
    write: (writer, value) => {
      if (typeof value === 'string') return flexible ? writer.compactString(value) : writer.string(value);
      if (value !== null || !nullable) throw new ValueFault(`${describe(value)} is no string`);
      return flexible ? writer.varint(0) : writer.int16(-1);
    },
    read: (reader) => {
      const size = flexible ? reader.compactSize() : reader.stringSize();
      if (size >= 0) return reader.utf8(size);
      if (nullable) return null;
      throw new ValueFault('a null string');
    },
  };
}

function compileBytes(nullable: boolean, flexible: boolean): StructCodec {
  return {
    minBytes: flexible ? 1 : 4,
    write: (writer, value) => {
      if (value instanceof Uint8Array) return flexible ? writer.compactBytes(value) : writer.sizedBytes(value);
      if (value !== null || !nullable) throw new ValueFault(`${describe(value)} is no Uint8Array`);
      return flexible ? writer.varint(0) : writer.int32(-1);
    },
    read: (reader) => {
      const size = flexible ? reader.compactSize() : reader.size();
      if (size >= 0) return reader.view(size);
      if (nullable) return null;
      throw new ValueFault('null bytes');
    },
  };
}

function given(value: Readonly<Record<string, unknown>>, codec: FieldCodec): unknown {
  const found = value[codec.name];
  if (found !== undefined) return found;
  if (codec.optional) return codec.defaultValue;
  throw new ValueFault('a value is missing');
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw new ValueFault(`${describe(value)} is no number`);
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function describe(value: unknown): string {
  return value === null ? 'null' : `a value of type ${typeof value}`;
}
