/** Turns a schema into a function that writes values of it. */
import { ByteWriter } from '@millrace/core';
import { AvroError } from '../errors.ts';
import { shorten } from '../schema/parse-schema.ts';
import type { EnumSchema, RecordSchema, Schema, UnionSchema } from '../schema/schema.ts';
import { branchChooser } from './choose-branch.ts';
import { writeBigVarint, writeDouble, writeFloat, writeSized, writeText, writeVarint } from './byte-target.ts';
import type { CodecSettings } from './codec-options.ts';
import { defaultValue } from './default-value.ts';
import { FunctionText, literal } from './generated.ts';
import { conversionOf } from './logical-types.ts';
import { findMisfit, isInherited, isLong, isObject } from './misfit.ts';

/** Throws on what does not fit; what was written by then is of no use. */
export type Write = (writer: ByteWriter, value: unknown) => void;

/** Thrown without a text, since the place is looked for only when somebody asks: {@link describeMisfit}. */
class Unfit extends Error {}

function unfit(value: unknown, what: string): Unfit {
  return new Unfit(`${shorten(value)} is no ${what}`);
}

export function compileWriter(schema: Schema, settings: CodecSettings): Write {
  const write = new WriterCompiler(settings).compile(schema);
  return (writer, value) => {
    try {
      write(writer, value);
    } catch (error) {
      throw explain(error, schema, value, settings);
    }
  };
}

/** An error that names the place. */
function explain(error: unknown, schema: Schema, value: unknown, settings: CodecSettings): unknown {
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new AvroError('MR_AVRO_VALUE_INVALID', 'the value is nested too deep, or within itself', { cause: error });
  }
  if (!(error instanceof Unfit) && !(error instanceof AvroError && error.code === 'MR_AVRO_VALUE_INVALID')) return error;
  const misfit = findMisfit(schema, value, settings);
  const text = misfit?.message ?? (error instanceof AvroError ? error.text : error.message);
  const path = misfit?.path ?? '';
  return new AvroError('MR_AVRO_VALUE_INVALID', path === '' ? text : `${path}: ${text}`, { details: { path } });
}

const writeNull: Write = (_writer, value) => {
  if (value !== null) throw unfit(value, 'null');
};

const writeBoolean: Write = (writer, value) => {
  if (typeof value !== 'boolean') throw unfit(value, 'boolean');
  writer.writeUint8(value ? 1 : 0);
};

const writeInt: Write = (writer, value) => {
  if (typeof value !== 'number' || value !== (value | 0)) throw unfit(value, 'int');
  writeVarint(writer, value);
};

const writeLong: Write = (writer, value) => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) writeVarint(writer, value);
  else if (typeof value === 'bigint' && isLong(value)) writeBigVarint(writer, value);
  else throw unfit(value, 'long');
};

const writeFloatValue: Write = (writer, value) => {
  if (typeof value !== 'number') throw unfit(value, 'float');
  writeFloat(writer, value);
};

const writeDoubleValue: Write = (writer, value) => {
  if (typeof value !== 'number') throw unfit(value, 'double');
  writeDouble(writer, value);
};

const writeString: Write = (writer, value) => {
  if (typeof value !== 'string') throw unfit(value, 'string');
  writeText(writer, value);
};

const writeBytes: Write = (writer, value) => {
  if (!(value instanceof Uint8Array)) throw unfit(value, 'bytes');
  writeSized(writer, value);
};

class WriterCompiler {
  readonly #settings: CodecSettings;
  readonly #records = new Map<RecordSchema, Write>();

  constructor(settings: CodecSettings) {
    this.#settings = settings;
  }

  compile(schema: Schema): Write {
    const conversion = conversionOf(schema, this.#settings.logicalTypes);
    const write = this.#underlying(schema);
    if (conversion === undefined) return write;
    const { encode } = conversion;
    return (writer, value) => write(writer, encode(value));
  }

  #underlying(schema: Schema): Write {
    switch (schema.type) {
      case 'null':
        return writeNull;
      case 'boolean':
        return writeBoolean;
      case 'int':
        return writeInt;
      case 'long':
        return writeLong;
      case 'float':
        return writeFloatValue;
      case 'double':
        return writeDoubleValue;
      case 'string':
        return writeString;
      case 'bytes':
        return writeBytes;
      case 'fixed':
        return (writer, value) => {
          if (!(value instanceof Uint8Array) || value.length !== schema.size) throw unfit(value, schema.name);
          writer.writeBytes(value);
        };
      case 'enum':
        return enumWriter(schema);
      case 'array':
        return this.#array(schema.items);
      case 'map':
        return this.#map(schema.values);
      case 'union':
        return this.#union(schema);
      case 'record':
        return this.#record(schema);
    }
  }

  #array(items: Schema): Write {
    const write = this.compile(items);
    return (writer, value) => {
      if (!Array.isArray(value)) throw unfit(value, 'array');
      if (value.length > 0) {
        writeVarint(writer, value.length);
        for (let i = 0; i < value.length; i++) write(writer, value[i]);
      }
      writer.writeUint8(0);
    };
  }

  #map(values: Schema): Write {
    const write = this.compile(values);
    return (writer, value) => {
      if (!isObject(value)) throw unfit(value, 'map');
      const keys = Object.keys(value);
      if (keys.length > 0) {
        writeVarint(writer, keys.length);
        for (const key of keys) {
          writeText(writer, key);
          write(writer, value[key]);
        }
      }
      writer.writeUint8(0);
    };
  }

  #union(schema: UnionSchema): Write {
    const writes = schema.branches.map((branch) => this.compile(branch));
    const [first, second] = schema.branches;
    if (schema.branches.length === 2 && (first?.type === 'null' || second?.type === 'null')) {
      const nullIndex = first?.type === 'null' ? 0 : 1;
      const write = writes[1 - nullIndex] as Write;
      return (writer, value) => {
        writer.writeUint8(value === null ? nullIndex * 2 : 2 - nullIndex * 2);
        if (value !== null) write(writer, value);
      };
    }
    const choose = branchChooser(schema, this.#settings);
    return (writer, value) => {
      const index = choose(value);
      writeVarint(writer, index);
      (writes[index] as Write)(writer, value);
    };
  }

  #record(schema: RecordSchema): Write {
    const known = this.#records.get(schema);
    if (known !== undefined) return known;
    const slot: { write?: Write } = {};
    // Circles in the schema come here; they are closed before anything is written.
    this.#records.set(schema, (writer, value) => (slot.write as Write)(writer, value));
    const write = this.#generate(schema);
    slot.write = write;
    this.#records.set(schema, write);
    return write;
  }

  #generate(schema: RecordSchema): Write {
    const text = new FunctionText();
    const refuse = text.capture((value: unknown) => {
      throw unfit(value, schema.name);
    });
    const missing = text.capture((value: unknown) => {
      throw unfit(value, `${schema.name}, which has all its fields`);
    });
    text.line(`if (v === null || typeof v !== 'object') ${refuse}(v);`);
    text.line('let absent = 0;');
    schema.fields.forEach((field, index) => {
      const write = text.capture(this.compile(field.schema));
      const name = literal(field.name);
      const isOwn = isInherited(field.name) ? `!${text.capture(Object.hasOwn)}(v, ${name}) ? undefined : ` : '';
      text.line(`const v${index} = ${isOwn}v[${name}];`);
      if (field.default === undefined) {
        text.line(`if (v${index} === undefined) ${missing}(v);`);
        text.line(`${write}(w, v${index});`);
        return;
      }
      const bytes = text.capture(this.#lazyDefault(field.schema, field.default.json, `field ${field.name} of ${schema.name}`));
      text.line(`if (v${index} === undefined) { absent++; w.writeBytes(${bytes}()); } else ${write}(w, v${index});`);
    });
    // A value that has none of the fields may be one that has no fields at all.
    const plain = text.capture((value: unknown) => {
      if (!isObject(value)) throw unfit(value, schema.name);
    });
    text.line(`if (absent === ${schema.fields.length}) ${plain}(v);`);
    if (!this.#settings.dropsUnknownFields) {
      const check = text.capture((value: object) => {
        const names = new Set(schema.fields.map(({ name }) => name));
        // Properties of a value are any.
        const entries = Object.entries(value) as [string, unknown][];
        if (entries.some(([key, item]) => item !== undefined && !names.has(key)))
          throw unfit(value, `${schema.name}, which has no other fields`);
      });
      text.line('let present = 0;');
      text.line('for (const _ in v) present++;');
      text.line(`if (present !== ${schema.fields.length} - absent) ${check}(v);`);
    }
    // Takes a writer and a value.
    return text.compile('w, v') as Write;
  }

  /** Encoded at its first use: a default that does not fit is no error as long as nobody needs it. */
  #lazyDefault(schema: Schema, json: unknown, place: string): () => Uint8Array {
    let bytes: Uint8Array | undefined;
    return () => {
      if (bytes === undefined) {
        const writer = new ByteWriter(64);
        this.compile(schema)(writer, defaultValue(schema, json, this.#settings, place));
        bytes = writer.toBytes();
      }
      return bytes;
    };
  }
}

function enumWriter(schema: EnumSchema): Write {
  const indices = new Map(schema.symbols.map((symbol, index) => [symbol, index]));
  return (writer, value) => {
    // Whatever is no symbol is not in the map.
    const index = indices.get(value as string);
    if (index === undefined) throw unfit(value, schema.name);
    writeVarint(writer, index);
  };
}
