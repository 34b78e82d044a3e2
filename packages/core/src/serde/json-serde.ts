/** JSON as UTF-8. What is not JSON (undefined, functions, cycles) throws instead of vanishing. */
import type { ByteWriter } from './byte-writer.ts';
import type { Serde } from './serde.ts';
import { describeType, stringSerde } from './string-serde.ts';

class JsonSerde<T> implements Serde<T> {
  readonly immutable = false;
  readonly primitive = false;
  readonly format = 'json';

  decode(buffer: Uint8Array, start: number, end: number): T {
    // The user says what the topic holds; JSON.parse cannot check it.
    return JSON.parse(stringSerde.decode(buffer, start, end)) as T;
  }

  encodeInto(value: T, writer: ByteWriter): void {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError(`the json serde cannot write ${describeType(value)}`);
    writer.writeUtf8(text);
  }
}

const shared = new JsonSerde<unknown>();

/** One instance serves every type: the type is the user's word alone. */
export function jsonSerde<T>(): Serde<T> {
  // The instance holds nothing of T.
  return shared as Serde<T>;
}
