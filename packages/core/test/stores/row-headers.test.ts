/** Headers in rows: what was written is read, empty and missing values apart, and what stands behind begins where they say. */
import { expect, it } from 'vitest';
import type { Header } from '../../src/headers.ts';
import { ByteWriter } from '../../src/serde/byte-writer.ts';
import { decodeRowHeaders, encodeRowHeaders, endOfRowHeaders } from '../../src/stores/row-headers.ts';

it.each<[what: string, headers: readonly Header[] | null]>([
  ['none', null],
  ['an empty list', []],
  ['one', [{ key: 'a', value: Uint8Array.of(1, 2) }]],
  ['an empty value', [{ key: 'a', value: new Uint8Array(0) }]],
  ['no value', [{ key: 'a', value: null }]],
  ['an empty name', [{ key: '', value: Uint8Array.of(7) }]],
  [
    'several of one name, and one of many bytes',
    [
      { key: 'ä', value: null },
      { key: 'ä', value: new Uint8Array(0) },
      { key: 'ä', value: Uint8Array.of(255) },
      { key: '😀', value: new Uint8Array(300).fill(9) },
    ],
  ],
])('%s', (_what, headers) => {
  const writer = new ByteWriter(8);
  writer.writeBytes(Uint8Array.of(42, 43, 44));
  encodeRowHeaders(headers, writer);
  const end = writer.position;
  writer.writeBytes(Uint8Array.of(99, 98));
  const row = writer.toBytes();
  expect(endOfRowHeaders(row, 3)).toBe(end);
  expect(decodeRowHeaders(row, 3)).toEqual(headers === null || headers.length === 0 ? null : headers);
});
