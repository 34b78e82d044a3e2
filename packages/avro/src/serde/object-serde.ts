/**
 * Values as single objects: the marker C3 01, the fingerprint of the writer's schema in 8 bytes, the value. No registry is needed: for state, and topics of one's own.
 * Avro specification, "Single-object encoding"; Java: `BinaryMessageEncoder`.
 */
import type { ByteWriter, Serde, SerdeOpening } from '@millrace/core';
import { readRange } from '../codec/avro-codec.ts';
import { type CodecSettings, codecSettings } from '../codec/codec-options.ts';
import { compileReader, type Read } from '../codec/compile-reader.ts';
import { compileWriter, type Write } from '../codec/compile-writer.ts';
import { AvroError } from '../errors.ts';
import { fingerprint } from '../schema/canonical-form.ts';
import { findContradiction } from '../schema/meaning.ts';
import { parseSchema } from '../schema/parse-schema.ts';
import type { Schema } from '../schema/schema.ts';
import type { AvroObjectOptions } from './avro-options.ts';
import { keptBytes, keptTexts } from './kept-schemas.ts';

const headerBytes = 10;

interface KnownSchema {
  readonly root: Schema;
  readonly text: string;
}

export class ObjectSerde<T> implements Serde<T> {
  readonly immutable = false;
  readonly primitive = false;
  /** What is read may have been written with an earlier schema: it is never copied. */
  readonly format = undefined;
  readonly #settings: CodecSettings;
  readonly #header: Uint8Array;
  readonly #root: Schema;
  readonly #write: Write;
  readonly #ownRead: Read;
  readonly #known = new Map<string, KnownSchema>();
  readonly #reads = new Map<string, Read>();

  constructor(source: unknown, options: AvroObjectOptions) {
    this.#settings = codecSettings(options);
    const own = this.#learn(typeof source === 'string' ? source : JSON.stringify(source));
    this.#root = own.root;
    for (const earlier of options.history ?? []) this.#learn(typeof earlier === 'string' ? earlier : JSON.stringify(earlier));
    this.#header = new Uint8Array([0xc3, 0x01, ...fingerprint(own.root)]);
    this.#write = compileWriter(own.root, this.#settings);
    this.#ownRead = compileReader(own.root, own.root, this.#settings);
  }

  /** Takes the schemas that the store was written with before, and keeps the one that is written now. */
  open({ keep, kept }: SerdeOpening): void {
    for (const bytes of kept.values()) for (const text of keptTexts(bytes)) this.#learn(text);
    for (const [name, { text }] of this.#known) if (!kept.has(name)) keep(name, keptBytes([text]));
  }

  decode(buffer: Uint8Array, start: number, end: number): T {
    const header = this.#header;
    let isOwn = end - start >= headerBytes;
    for (let i = 0; isOwn && i < headerBytes; i++) isOwn = buffer[start + i] === header[i];
    const read = isOwn ? this.#ownRead : this.#readOf(buffer, start, end);
    // The user says what is stored; the schema checks it.
    return readRange(read, buffer, start + headerBytes, end) as T;
  }

  encodeInto(value: T, writer: ByteWriter): void {
    writer.writeBytes(this.#header);
    this.#write(writer, value);
  }

  #readOf(buffer: Uint8Array, start: number, end: number): Read {
    if (end - start < headerBytes || buffer[start] !== 0xc3 || buffer[start + 1] !== 0x01) {
      throw new AvroError('MR_AVRO_FRAME_INVALID', 'expected the bytes C3 01 and the fingerprint of a schema');
    }
    const name = hexOf(buffer, start + 2, start + headerBytes);
    let read = this.#reads.get(name);
    if (read === undefined) {
      const known = this.#known.get(name);
      if (known === undefined) {
        throw new AvroError('MR_AVRO_SCHEMA_UNKNOWN', `no schema has the fingerprint ${name}; give earlier schemas with { history: […] }`);
      }
      this.#reads.set(name, (read = compileReader(known.root, this.#root, this.#settings)));
    }
    return read;
  }

  #learn(text: string): KnownSchema {
    const { root } = parseSchema(text);
    const name = hexOf(fingerprint(root), 0, 8);
    const same = this.#known.get(name);
    const contradiction = same === undefined ? undefined : findContradiction(root, same.root);
    if (contradiction !== undefined)
      throw new AvroError(
        'MR_AVRO_SCHEMA_INCOMPATIBLE',
        `two schemas have the fingerprint ${name} and mean different things by the same bytes (${contradiction}): give the type another name, with the old one as its alias`,
      );
    const known = { root, text };
    this.#known.set(name, known);
    return known;
  }
}

function hexOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('hex');
}
