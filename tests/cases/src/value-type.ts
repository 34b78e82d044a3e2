/** The static type of a key or value, and its serde. */
import { type ByteWriter, type Serde, serdes } from '@millrace/core';
import { type Datum, datumOf, type Present, text } from './datum.ts';
import { CaseFormatError, type Json } from './json.ts';
import { windowedSerde } from './windowed-key.ts';

export type PlainType = 'utf8' | 'i64' | 'bytes';

/** A windowed key: the key's type and the size of its windows. */
export interface WindowedType {
  readonly base: PlainType;
  readonly sizeMs: number | 'session';
}

export type ValueType = PlainType | WindowedType;

export function typeNamed(name: Json | undefined): PlainType {
  if (name === undefined) return 'utf8';
  if (name === 'utf8' || name === 'i64' || name === 'bytes') return name;
  throw new CaseFormatError(`unknown type ${JSON.stringify(name)}`);
}

export function typeOf(datum: Datum): PlainType {
  if (typeof datum === 'bigint') return 'i64';
  return datum instanceof Uint8Array ? 'bytes' : 'utf8';
}

/** Kafka's Long for data: reads bigints, and writes the numbers that `count` yields as well. Its bytes are those of `serdes.bigint64()`. */
class I64Serde implements Serde<Present> {
  readonly #long = serdes.bigint64();
  readonly immutable: boolean = true;
  readonly primitive: boolean = true;
  readonly format: string | undefined = this.#long.format;

  decode(buffer: Uint8Array, start: number, end: number): Present {
    return this.#long.decode(buffer, start, end);
  }

  encodeInto(value: Present, writer: ByteWriter): void {
    // What is neither a bigint nor a number is refused by the serde below.
    this.#long.encodeInto(datumOf(value) as bigint, writer);
  }

  isCanonical(_buffer: Uint8Array, start: number, end: number): boolean {
    return end - start === 8;
  }
}

// What is of type utf8 is text, and a serde never sees null: its data are the serde's values.
const byType: Readonly<Record<PlainType, Serde<Present>>> = {
  utf8: serdes.string(),
  bytes: serdes.bytes(),
  i64: new I64Serde(),
};

export function serdeOf(type: ValueType): Serde<Present> {
  return typeof type === 'string' ? byType[type] : windowedSerde(byType[type.base], type.sizeMs);
}

/** The type inside a window; others as they are. */
export function baseOf(type: ValueType): PlainType {
  return typeof type === 'string' ? type : type.base;
}

const textOfAny: Serde<Present> = serdes.from<Present>({
  encode: (datum) => Buffer.from(text(datum)),
  decode: () => {
    throw new TypeError('the text of windowed keys is only written');
  },
});

/** What sinks use: windowed keys are written as text. */
export function sinkSerdeOf(type: ValueType): Serde<Present> {
  return typeof type === 'string' ? serdeOf(type) : textOfAny;
}
