/** UUIDs as their 36 characters in UTF-8, as Java's UUIDSerializer writes them. Decoded in lower case, as Java prints them. */
import type { ByteWriter } from './byte-writer.ts';
import type { Serde } from './serde.ts';
import { stringSerde } from './string-serde.ts';
import { wrongType } from './wrong-type.ts';

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

class UuidSerde implements Serde<string> {
  readonly immutable = true;
  /** Upper and lower case are the same bytes: `===` does not tell that. */
  readonly primitive = false;
  readonly format = 'uuid';

  decode(buffer: Uint8Array, start: number, end: number): string {
    return normalize(stringSerde.decode(buffer, start, end));
  }

  encodeInto(value: string, writer: ByteWriter): void {
    writer.writeUtf8(normalize(value));
  }
}

function normalize(text: string): string {
  if (typeof text !== 'string') throw wrongType('the uuid serde writes texts', text);
  if (!pattern.test(text)) throw new RangeError(`the uuid serde got ${JSON.stringify(text)}, which is no UUID`);
  return text.toLowerCase();
}

export const uuidSerde: Serde<string> = new UuidSerde();
