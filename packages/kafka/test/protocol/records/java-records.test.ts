/** Segments that Java's producer and broker wrote, in every compression, hold what Java's consumer read from them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { crc32c, portableCrc32c } from '../../../src/protocol/records/crc32c.ts';
import { decode, plain } from './support.ts';

interface JavaCase {
  readonly name: string;
  readonly printed: readonly string[];
  readonly bytes: string;
}

// Made by golden/make-records.mjs, in this shape.
const cases = JSON.parse(readFileSync(new URL('../golden/JavaRecords.json', import.meta.url), 'utf8')) as readonly JavaCase[];

describe('a segment that Java wrote', () => {
  it.each(cases)('is decoded ($name)', ({ name, printed, bytes }) => {
    const decoded = decode(Buffer.from(bytes, 'base64'));
    expect(decoded.error).toBeUndefined();
    expect(decoded.cutOffBytes).toBe(0);
    expect(decoded.nextOffset).toBe(printed.length);
    const timeName = name === 'append-time' ? 'LogAppendTime' : 'CreateTime';
    const lines = plain(decoded.batches).map(({ offset, timestamp, headers, key, value }) => {
      const headerText = (headers ?? []).map(([header, content]) => `${header}:${content}`).join(';');
      return `${timeName}:${timestamp}|Offset:${offset}|${headerText}|${key}|${value}`;
    });
    expect(lines).toEqual(printed);
  });
});

describe('the checksum', () => {
  it('is the same natively and in JavaScript', () => {
    // The check value of CRC-32C.
    expect(portableCrc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283);
    const bytes = Buffer.from(cases[0]?.bytes ?? '', 'base64');
    for (let start = 0; start < 40; start++) expect(crc32c(bytes, start, bytes.length)).toBe(portableCrc32c(bytes, start, bytes.length));
  });
});
