/** Avro's binary encoding of one schema, without frame or registry: what the serdes are made of, and useful alone for files and other transports. */
import { ByteWriter } from '@millrace/core';
import { AvroError } from '../errors.ts';
import { parseSchema } from '../schema/parse-schema.ts';
import type { Schema } from '../schema/schema.ts';
import { ByteSource } from './byte-source.ts';
import { type CodecOptions, type CodecSettings, codecSettings } from './codec-options.ts';
import { compileReader, type Read } from './compile-reader.ts';
import { compileWriter, type Write } from './compile-writer.ts';

/** Shared: reading is synchronous and does not call out to anybody who reads; a hook that does gets one of its own. */
const shared = new ByteSource();
let isBusy = false;

/** Runs a reading function over `buffer[start, end)`, which it must use up. */
export function readRange(read: Read, buffer: Uint8Array, start: number, end: number): unknown {
  const source = isBusy ? new ByteSource() : shared;
  const wasBusy = isBusy;
  isBusy = true;
  try {
    source.open(buffer, start, end);
    const value = read(source);
    source.finish();
    return value;
  } catch (error) {
    if (error instanceof RangeError && error.message.includes('call stack')) {
      throw new AvroError('MR_AVRO_DATA_INVALID', 'the bytes are nested too deep', { cause: error });
    }
    throw error;
  } finally {
    isBusy = wasBusy;
  }
}

export class AvroCodec<T = unknown> {
  readonly schema: Schema;
  readonly #settings: CodecSettings;
  readonly #writer = new ByteWriter(256);
  #read: Read | undefined;
  #write: Write | undefined;

  /**
   * @param source JSON of a schema or its text
   * @throws MR_AVRO_SCHEMA_INVALID
   */
  constructor(source: unknown, options: CodecOptions = {}) {
    this.schema = parseSchema(source).root;
    this.#settings = codecSettings(options);
  }

  /** @throws MR_AVRO_VALUE_INVALID with the path to what does not fit */
  encode(value: T): Uint8Array {
    const write = (this.#write ??= compileWriter(this.schema, this.#settings));
    this.#writer.position = 0;
    write(this.#writer, value);
    return this.#writer.toBytes();
  }

  /** @throws MR_AVRO_DATA_INVALID, MR_AVRO_LONG_UNSAFE */
  decode(bytes: Uint8Array): T {
    const read = (this.#read ??= compileReader(this.schema, this.schema, this.#settings));
    // The schema is what the caller's type describes.
    return readRange(read, bytes, 0, bytes.length) as T;
  }

  /**
   * A function that reads what was written with another schema.
   *
   * @throws MR_AVRO_SCHEMA_INCOMPATIBLE
   */
  decoderFor(writer: unknown): (bytes: Uint8Array) => T {
    const read = compileReader(parseSchema(writer).root, this.schema, this.#settings);
    // As above.
    return (bytes) => readRange(read, bytes, 0, bytes.length) as T;
  }
}
