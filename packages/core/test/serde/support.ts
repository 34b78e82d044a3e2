/** What the tests of serdes share; fast-check has a fixed seed, so that a run is the same everywhere. */
import * as fc from 'fast-check';
import { ByteWriter } from '../../src/serde/byte-writer.ts';
import type { Serde } from '../../src/serde/serde.ts';

/** Bytes that a serde writes, behind something that was in the writer before. */
export function encode<T>(serde: Serde<T>, value: T): Buffer {
  const writer = new ByteWriter(4);
  writer.writeUint8(0xaa);
  serde.encodeInto(value, writer);
  return Buffer.from(writer.buffer.subarray(1, writer.position));
}

/** Decodes from the middle of a buffer, as the record path does. */
export function decode<T>(serde: Serde<T>, bytes: Uint8Array): T {
  const buffer = Buffer.concat([Buffer.from([1, 2]), bytes, Buffer.from([3])]);
  return serde.decode(buffer, 2, 2 + bytes.length);
}

export function isCanonical(serde: Serde<unknown>, bytes: Uint8Array): boolean {
  const buffer = Buffer.concat([Buffer.from([1, 2]), bytes, Buffer.from([3])]);
  return serde.isCanonical?.(buffer, 2, 2 + bytes.length) ?? false;
}

fc.configureGlobal({ seed: 20_260_101, numRuns: 200 });

export { fc };
