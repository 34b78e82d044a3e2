/** Headers as a store's row keeps them: how many there are, then each one's name and value with its length in front. */
import type { Header } from '../headers.ts';
import type { ByteWriter } from '../serde/byte-writer.ts';

const lengthBytes = 4;

/** Length in front, so that who wants the value alone skips them. */
export function encodeRowHeaders(headers: readonly Header[] | null, writer: ByteWriter): void {
  const start = writer.position;
  writer.writeInt32(0);
  if (headers === null || headers.length === 0) return;
  for (const { key, value } of headers) {
    const name = Buffer.from(key);
    writer.writeInt32(name.length);
    writer.writeBytes(name);
    writer.writeInt32(value === null ? -1 : value.length);
    if (value !== null) writer.writeBytes(value);
  }
  writer.buffer.writeInt32BE(writer.position - start - lengthBytes, start);
}

/** Where what stands behind the headers begins. */
export function endOfRowHeaders(row: Uint8Array, start: number): number {
  return start + lengthBytes + asBuffer(row).readInt32BE(start);
}

/** Copies; null if there are none. */
export function decodeRowHeaders(row: Uint8Array, start: number): readonly Header[] | null {
  const bytes = asBuffer(row);
  const end = endOfRowHeaders(row, start);
  const headers: Header[] = [];
  for (let at = start + lengthBytes; at < end;) {
    const nameEnd = at + lengthBytes + bytes.readInt32BE(at);
    const key = bytes.toString('utf8', at + lengthBytes, nameEnd);
    const length = bytes.readInt32BE(nameEnd);
    at = nameEnd + lengthBytes + Math.max(0, length);
    headers.push({ key, value: length < 0 ? null : new Uint8Array(bytes.subarray(at - length, at)) });
  }
  return headers.length === 0 ? null : headers;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
