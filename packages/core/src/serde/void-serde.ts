/** For topics whose key or value is always null: a record that carries something is an error, as with Java's VoidDeserializer. */
import type { Serde } from './serde.ts';
import { wrongType } from './wrong-type.ts';

class VoidSerde implements Serde<null> {
  readonly immutable = true;
  readonly primitive = true;
  readonly format = 'void';

  decode(_buffer: Uint8Array, start: number, end: number): null {
    throw new RangeError(`the void serde reads null only, got ${end - start} bytes`);
  }

  encodeInto(value: null): void {
    throw wrongType('the void serde writes null only', value);
  }

  isCanonical(): boolean {
    return false;
  }
}

export const voidSerde: Serde<null> = new VoidSerde();
