/** Bytes as they are. Decoded bytes are a copy: what a user keeps must not pin or follow the fetched batch. */
import { copyBytes } from './copy-bytes.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Serde } from './serde.ts';
import { wrongType } from './wrong-type.ts';

class BytesSerde implements Serde<Uint8Array> {
  readonly immutable = false;
  readonly primitive = false;
  readonly format = 'bytes';

  decode(buffer: Uint8Array, start: number, end: number): Uint8Array {
    return copyBytes(buffer, start, end);
  }

  encodeInto(value: Uint8Array, writer: ByteWriter): void {
    if (!(value instanceof Uint8Array)) throw wrongType('the bytes serde writes Uint8Arrays', value);
    writer.writeBytes(value);
  }

  isCanonical(): boolean {
    return true;
  }
}

export const bytesSerde: Serde<Uint8Array> = new BytesSerde();
