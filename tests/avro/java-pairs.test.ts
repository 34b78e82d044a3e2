/**
 * Random schemas and values as Java's Avro 1.11 wrote them (`tests/broker/avro/java`, `Pairs 1 2500`): Millrace reads the same values, writes the same bytes, and reads with another schema
 * what Java reads with it.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { AvroCodec, AvroError, findIncompatibility } from '@millrace/avro';
import { describe, expect, test } from 'vitest';
import { matchesAvroJson, schemaOf } from './avro-json.ts';

interface Pair {
  readonly schema: unknown;
  readonly bytes: string;
  readonly json: unknown;
  readonly reader: unknown;
  /** With the reader's schema. */
  readonly readable: boolean;
  readonly read: unknown;
}

const lines = gunzipSync(readFileSync(process.env['AVRO_PAIRS'] ?? new URL('golden/java-pairs.jsonl.gz', import.meta.url)))
  .toString('utf8')
  .trim()
  .split('\n');
const pairs = lines.map((line) => JSON.parse(line) as Pair);

test('there are as many as were made', () => {
  expect(pairs.length).toBeGreaterThanOrEqual(2_000);
});

describe('for every pair', () => {
  test('the value is the same, and its bytes', () => {
    const wrong = pairs.flatMap(({ bytes, json, schema }, index) => {
      const codec = new AvroCodec(schema);
      const value = codec.decode(Buffer.from(bytes, 'base64'));
      if (!matchesAvroJson(codec.schema, value, json)) return [`${index}: another value ${JSON.stringify(value)}`];
      return Buffer.from(codec.encode(value)).toString('base64') === bytes ? [] : [`${index}: other bytes`];
    });
    expect(wrong).toEqual([]);
  });

  test('what another schema makes of it is the same', () => {
    let readable = 0;
    const wrong = pairs.flatMap(({ bytes, read, readable: isReadable, reader, schema }, index) => {
      let value: unknown;
      try {
        value = new AvroCodec(reader).decoderFor(schema)(Buffer.from(bytes, 'base64'));
      } catch (error) {
        if (!(error instanceof AvroError)) throw error;
        // Java finds out with the first item of an array that its type does not fit; here the schemas alone decide, so that a topic does not fail now and then.
        const isRefused =
          error.code === 'MR_AVRO_SCHEMA_INCOMPATIBLE' && findIncompatibility(schemaOf(schema), schemaOf(reader)) !== undefined;
        return !isReadable || isRefused ? [] : [`${index}: ${error.message}`];
      }
      if (!isReadable) return [`${index}: Java cannot read it, here it is ${JSON.stringify(value)}`];
      readable++;
      return matchesAvroJson(schemaOf(reader), value, read)
        ? []
        : [`${index}: ${JSON.stringify(value)} instead of ${JSON.stringify(read)}`];
    });
    expect(wrong).toEqual([]);
    expect(readable).toBeGreaterThan(1_000);
  });
});
