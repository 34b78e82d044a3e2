/** Turns a writer's and a reader's schema into one function that reads: everything that can be decided before the bytes are seen is decided here. */
import { AvroError } from '../errors.ts';
import {
  type ArraySchema,
  type EnumSchema,
  type Field,
  type MapSchema,
  type RecordSchema,
  type Schema,
  schemaName,
  type UnionSchema,
} from '../schema/schema.ts';
import { branch as mark } from './branch.ts';
import type { ByteSource } from './byte-source.ts';
import type { CodecSettings } from './codec-options.ts';
import { SkipCompiler } from './compile-skip.ts';
import { define, defaultValue } from './default-value.ts';
import { FunctionText, property } from './generated.ts';
import { type Conversion, conversionOf } from './logical-types.ts';
import { candidateBranches, leastBytes, namesAgree, promotes } from './resolution.ts';

export type Read = (source: ByteSource) => unknown;

const readNull: Read = () => null;
const readBoolean: Read = (source) => source.readBoolean();
const readInt: Read = (source) => source.readInt();
const readLong: Read = (source) => source.readLong();
const readBigLong: Read = (source) => source.readBigLong();
const readFloat: Read = (source) => source.readFloat();
const readDouble: Read = (source) => source.readDouble();
const readString: Read = (source) => source.readString();
const readBytes: Read = (source) => source.readBytes();

/** Calls that generated code makes without going through a function. */
const inlined: ReadonlyMap<Read, string> = new Map([
  [readNull, 'null'],
  [readBoolean, 's.readBoolean()'],
  [readInt, 's.readInt()'],
  [readLong, 's.readLong()'],
  [readBigLong, 's.readBigLong()'],
  [readFloat, 's.readFloat()'],
  [readDouble, 's.readDouble()'],
  [readString, 's.readString()'],
  [readBytes, 's.readBytes()'],
]);

/** A record that is being read, or will be: circles in the schema go through it. */
class Slot {
  read: Read | undefined;

  /** One level deeper. */
  readonly nested: Read = (source) => {
    source.enter();
    // Circles are closed before anything is read.
    const value = (this.read as Read)(source);
    source.leave();
    return value;
  };
}

/** @throws MR_AVRO_SCHEMA_INCOMPATIBLE if nothing that the writer's schema allows can be read. */
export function compileReader(writer: Schema, reader: Schema, settings: CodecSettings): Read {
  try {
    return new ReaderCompiler(settings).compile(writer, reader);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AvroError('MR_AVRO_SCHEMA_INVALID', `${schemaName(reader)} is nested too deep, or a default is within itself`, {
      cause: error,
    });
  }
}

class ReaderCompiler {
  readonly #settings: CodecSettings;
  readonly #skips = new SkipCompiler();
  readonly #records = new Map<RecordSchema, Map<RecordSchema, Slot>>();
  /** Of generated functions: a nullable one can be written in line. */
  readonly #nullable = new Map<Read, { readonly nullIndex: number; readonly read: Read }>();

  constructor(settings: CodecSettings) {
    this.#settings = settings;
  }

  compile(writer: Schema, reader: Schema): Read {
    if (writer.type === 'union') return this.#fromUnion(writer, reader);
    if (reader.type === 'union') return this.#intoUnion(writer, reader);
    const conversion = this.#conversion(writer, reader);
    if (conversion === undefined) return this.#underlying(writer, reader, this.#settings.bigLongs);
    const read = this.#underlying(writer, reader, conversion.bigLong);
    const { decode } = conversion;
    return (source) => decode(read(source));
  }

  /** The reader's logical type is what the value becomes; digits of a decimal are counted as the writer did. */
  #conversion(writer: Schema, reader: Schema): Conversion | undefined {
    const { logicalTypes } = this.#settings;
    const wanted = conversionOf(reader, logicalTypes);
    if (wanted === undefined || writer.logical === undefined) return wanted;
    if (writer.logical.name !== reader.logical?.name) throw incompatible(writer, reader, 'their logical types differ');
    return writer.logical.name === 'decimal' ? conversionOf(writer, logicalTypes) : wanted;
  }

  #underlying(writer: Schema, reader: Schema, bigLongs: boolean): Read {
    switch (reader.type) {
      case 'null':
        if (writer.type === 'null') return readNull;
        break;
      case 'boolean':
        if (writer.type === 'boolean') return readBoolean;
        break;
      case 'int':
        if (writer.type === 'int') return readInt;
        break;
      case 'long':
        if (writer.type === 'long') return bigLongs ? readBigLong : readLong;
        if (writer.type === 'int') return bigLongs ? (source): bigint => BigInt(source.readInt()) : readInt;
        break;
      case 'float':
      case 'double':
        if (writer.type === reader.type) return reader.type === 'float' ? readFloat : readDouble;
        if (promotes(writer.type, reader.type)) return promoted(writer.type, reader.type);
        break;
      case 'string':
        if (writer.type === 'string' || writer.type === 'bytes') return readString;
        break;
      case 'bytes':
        if (writer.type === 'bytes' || writer.type === 'string') return readBytes;
        break;
      case 'fixed':
        if (writer.type !== 'fixed' || !namesAgree(writer, reader)) break;
        if (writer.size !== reader.size) throw incompatible(writer, reader, `their sizes are ${writer.size} and ${reader.size}`);
        return (source) => source.readFixed(reader.size);
      case 'enum':
        if (writer.type === 'enum' && namesAgree(writer, reader)) return readEnum(writer, reader);
        break;
      case 'array':
        if (writer.type === 'array') return this.#array(writer, reader);
        break;
      case 'map':
        if (writer.type === 'map') return this.#map(writer, reader);
        break;
      case 'record':
        if (writer.type === 'record') return this.#record(writer, reader);
        break;
      case 'union':
        break;
    }
    throw incompatible(writer, reader);
  }

  #fromUnion(writer: UnionSchema, reader: Schema): Read {
    let failures = 0;
    let failure: unknown;
    const reads = writer.branches.map((written): Read => {
      try {
        return this.compile(written, reader);
      } catch (error) {
        if (!(error instanceof AvroError)) throw error;
        failures++;
        failure ??= error;
        // Such a value may never come: the record that has it fails, not the schema.
        return () => {
          throw error;
        };
      }
    });
    if (failures > 0 && failures === reads.length) throw failure;
    const nullIndex = writer.branches.findIndex(({ type }) => type === 'null');
    const count = reads.length;
    if (count === 2 && nullIndex >= 0 && reads[nullIndex] === readNull) {
      const read = reads[1 - nullIndex] as Read;
      const nullable: Read = (source) => (source.readIndex(2, 'a union') === nullIndex ? null : read(source));
      this.#nullable.set(nullable, { nullIndex, read });
      return nullable;
    }
    return (source) => (reads[source.readIndex(count, 'a union')] as Read)(source);
  }

  #intoUnion(writer: Schema, reader: UnionSchema): Read {
    let failure: unknown;
    for (const candidate of candidateBranches(writer, reader)) {
      try {
        const read = this.compile(writer, candidate);
        const isMarked = candidate.type === 'record' && reader.branches.filter(({ type }) => type === 'record').length > 1;
        if (!isMarked) return read;
        const { name } = candidate;
        return (source) => mark(name, read(source) as object);
      } catch (error) {
        if (!(error instanceof AvroError)) throw error;
        failure ??= error;
      }
    }
    throw incompatible(writer, reader, undefined, failure);
  }

  #array(writer: ArraySchema, reader: ArraySchema): Read {
    const item = this.compile(writer.items, reader.items);
    const itemBytes = leastBytes(writer.items);
    return (source) => {
      const items: unknown[] = [];
      for (let count = source.readBlock(itemBytes); count > 0; count = source.readBlock(itemBytes)) {
        for (let i = 0; i < count; i++) items.push(item(source));
      }
      return items;
    };
  }

  #map(writer: MapSchema, reader: MapSchema): Read {
    const item = this.compile(writer.values, reader.values);
    const entryBytes = 1 + leastBytes(writer.values);
    return (source) => {
      const map: Record<string, unknown> = {};
      for (let count = source.readBlock(entryBytes); count > 0; count = source.readBlock(entryBytes)) {
        for (let i = 0; i < count; i++) {
          const key = source.readString();
          define(map, key, item(source));
        }
      }
      return map;
    };
  }

  #record(writer: RecordSchema, reader: RecordSchema): Read {
    let slots = this.#records.get(writer);
    if (slots === undefined) this.#records.set(writer, (slots = new Map()));
    const known = slots.get(reader);
    if (known !== undefined) return known.read === undefined ? known.nested : known.read;
    const slot = new Slot();
    slots.set(reader, slot);
    try {
      slot.read = this.#generate(writer, reader);
    } catch (error) {
      slots.delete(reader);
      // Records that name this one may be read all the same, as long as no value has it.
      slot.read = () => {
        throw error;
      };
      throw error;
    }
    return slot.read;
  }

  #generate(writer: RecordSchema, reader: RecordSchema): Read {
    const text = new FunctionText();
    const variables = new Map<Field, string>();
    writer.fields.forEach((written, index) => {
      const field = readerField(reader, written);
      if (field === undefined || variables.has(field)) {
        text.line(`${text.capture(this.#skips.compile(written.schema))}(s);`);
        return;
      }
      variables.set(field, `v${index}`);
      text.line(`const v${index} = ${this.#expression(this.#field(written, field, reader), text)};`);
    });
    const parts = reader.fields.map((field) => {
      const variable = variables.get(field) ?? this.#default(field, reader, writer, text);
      return `${property(field.name)}: ${variable}`;
    });
    text.line(`return { ${parts.join(', ')} };`);
    // Takes a source, returns the record.
    return text.compile('s') as Read;
  }

  #field(written: Field, field: Field, reader: RecordSchema): Read {
    try {
      return this.compile(written.schema, field.schema);
    } catch (error) {
      if (error instanceof AvroError) throw error.at({ path: `${reader.name}.${field.name}` }, `field ${field.name} of ${reader.name}`);
      throw error;
    }
  }

  #expression(read: Read, text: FunctionText): string {
    const known = inlined.get(read);
    if (known !== undefined) return known;
    const nullable = this.#nullable.get(read);
    if (nullable === undefined) return `${text.capture(read)}(s)`;
    return `s.readIndex(2, 'a union') === ${nullable.nullIndex} ? null : ${this.#expression(nullable.read, text)}`;
  }

  #default(field: Field, reader: RecordSchema, writer: RecordSchema, text: FunctionText): string {
    const place = `field ${field.name} of ${reader.name}`;
    if (field.default === undefined) throw incompatible(writer, reader, `${place} has no default, and what was written has no such field`);
    const { json } = field.default;
    const make = (): unknown => defaultValue(field.schema, json, this.#settings, place);
    const first = make();
    // What cannot be changed in place may be shared.
    return first === null || typeof first !== 'object' ? text.capture(first) : `${text.capture(make)}()`;
  }
}

/** The reader's field of this name, or with it as an alias. */
function readerField(reader: RecordSchema, written: Field): Field | undefined {
  return reader.fields.find(({ name }) => name === written.name) ?? reader.fields.find(({ aliases }) => aliases.includes(written.name));
}

function readEnum(writer: EnumSchema, reader: EnumSchema): Read {
  const { name } = writer;
  const count = writer.symbols.length;
  const symbols = writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : reader.default));
  return (source) => {
    const index = source.readIndex(count, name);
    const symbol = symbols[index];
    if (symbol === undefined)
      throw new AvroError(
        'MR_AVRO_DATA_INVALID',
        `the reader's enum ${reader.name} has no symbol ${String(writer.symbols[index])} and no default`,
      );
    return symbol;
  };
}

function promoted(from: string, to: 'float' | 'double'): Read {
  if (from === 'float') return readFloat;
  if (to === 'double') return from === 'int' ? readInt : (source): number => source.readLongAsDouble();
  return from === 'int' ? (source): number => Math.fround(source.readInt()) : (source): number => Math.fround(source.readLongAsDouble());
}

function incompatible(writer: Schema, reader: Schema, why?: string, cause?: unknown): AvroError {
  const detail = why ?? (cause instanceof AvroError ? cause.text : undefined);
  return new AvroError(
    'MR_AVRO_SCHEMA_INCOMPATIBLE',
    `what was written as ${schemaName(writer)} cannot be read as ${schemaName(reader)}${detail === undefined ? '' : `: ${detail}`}`,
    { cause },
  );
}
