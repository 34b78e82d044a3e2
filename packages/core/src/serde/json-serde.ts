/** JSON as UTF-8. What is not JSON (undefined, functions, cycles) throws instead of vanishing. */
import type { ByteWriter } from './byte-writer.ts';
import type { Serde } from './serde.ts';
import { stringSerde } from './string-serde.ts';
import { describeType } from './wrong-type.ts';

/** Fits wherever a type is known from elsewhere; where none is, what it reads is unknown. */
export interface JsonSerde extends Pick<Serde<unknown>, 'immutable' | 'primitive' | 'format'> {
  decode<T>(buffer: Uint8Array, start: number, end: number): T;
  encodeInto(value: unknown, writer: ByteWriter): void;
}

const shared: JsonSerde = {
  immutable: false,
  primitive: false,
  format: 'json',

  decode<T>(buffer: Uint8Array, start: number, end: number): T {
    // The user says what the topic holds; JSON.parse cannot check it.
    return JSON.parse(stringSerde.decode(buffer, start, end)) as T;
  },

  encodeInto(value: unknown, writer: ByteWriter): void {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError(`the json serde cannot write ${describeType(value)}`);
    writer.writeUtf8(text);
  },
};

/** One instance serves every type: the type is the user's word alone. */
export function jsonSerde(): JsonSerde;
export function jsonSerde<T>(): Serde<T>;
export function jsonSerde(): JsonSerde {
  return shared;
}
