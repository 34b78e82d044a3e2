/** Every described message, in every version and both directions, byte for byte as Kafka's own schemas have it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apis } from '../../src/protocol/apis.ts';
import { decodeRequestHeader, encodeRequestHeader } from '../../src/protocol/header.ts';
import { decodeRequest, decodeResponse, decodeStruct, encodeRequest, encodeResponse, encodeStruct } from '../../src/protocol/message.ts';
import { fetchApi } from '../../src/protocol/messages/fetch.ts';
import { ProtocolError } from '../../src/protocol/protocol-error.ts';
import type { ApiDescription, Fields } from '../../src/protocol/schema.ts';
import { consumerAssignmentStruct, consumerSubscriptionStruct } from '../../src/protocol/subscription.ts';

interface Vector {
  readonly direction: 'request' | 'response' | 'data';
  readonly version: number;
  readonly value: unknown;
  readonly bytes: string;
}

function load(name: string): readonly Vector[] {
  // The files are made by golden/make.mjs, in this shape.
  return JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8')) as readonly Vector[];
}

/** `{ $bytes }` becomes bytes; where the description says uuid, their text. */
function revive(value: unknown, fields: Fields): object {
  if (typeof value !== 'object' || value === null) throw new Error('a vector holds a structure');
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const field = fields[name];
      if (field === undefined) throw new Error(`the description has no field ${name}`);
      return [name, reviveField(member, typeof field === 'string' ? { type: field } : field)];
    }),
  );
}

function reviveField(value: unknown, field: Exclude<Fields[string], string>): unknown {
  if (value === null) return null;
  if ('struct' in field) return revive(value, field.struct);
  if ('type' in field) return reviveScalar(value, field.type);
  const element = field.array;
  if (!Array.isArray(value)) throw new Error('a vector holds an array');
  return value.map((entry) => (typeof element === 'string' ? reviveScalar(entry, element) : revive(entry, element)));
}

function reviveScalar(value: unknown, type: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const bytes = Buffer.from(String(Reflect.get(value, '$bytes')), 'base64');
  return type === 'uuid' ? bytes.toString('base64url') : new Uint8Array(bytes);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function isRefused(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch (error) {
    return error instanceof ProtocolError && error.code === 'MR_PROTOCOL_MALFORMED';
  }
}

interface Codec {
  readonly encode: (version: number, value: object) => Uint8Array;
  readonly decode: (version: number, bytes: Uint8Array) => object;
  readonly fields: Fields;
}

function codecOf(api: ApiDescription, direction: Vector['direction']): Codec {
  // `as never`: vectors have no type of their own; what they hold is compared with the bytes.
  if (direction === 'request') {
    return {
      encode: (version, value) => encodeRequest(api, version, value as never),
      decode: (version, bytes) => decodeRequest(api, version, bytes),
      fields: api.request,
    };
  }
  return {
    encode: (version, value) => encodeResponse(api, version, value as never),
    decode: (version, bytes) => decodeResponse(api, version, bytes),
    fields: api.response,
  };
}

function check(vector: Vector, { encode, decode, fields }: Codec): void {
  const value = revive(vector.value, fields);
  const bytes = Buffer.from(vector.bytes, 'base64');
  expect(hex(encode(vector.version, value))).toBe(hex(bytes));
  const decoded = decode(vector.version, bytes);
  expect(decoded).toMatchObject(value);
  expect(Object.keys(decoded)).toEqual(Object.keys(fields));
  expect(hex(encode(vector.version, decoded))).toBe(hex(bytes));
}

describe.each(apis.map((api) => ({ name: api.name, api })))('$name', ({ name, api }) => {
  const vectors = load(name);
  const [min, max] = api.versions;

  it('has vectors for every version', () => {
    const expected = Array.from({ length: max - min + 1 }, (_, index) => min + index);
    for (const direction of ['request', 'response']) {
      const found = vectors.filter((vector) => vector.direction === direction).map(({ version }) => version);
      expect([...new Set(found)]).toEqual(expected);
    }
  });

  it('is encoded and decoded, in every version and direction', () => {
    for (const vector of vectors) check(vector, codecOf(api, vector.direction));
  });

  it('is refused if it is cut off anywhere, or longer', () => {
    for (const { bytes: text, direction, version } of vectors) {
      const bytes = Buffer.from(text, 'base64');
      const { decode } = codecOf(api, direction);
      const longer = Buffer.concat([bytes, Buffer.of(0)]);
      const lengths = Array.from({ length: longer.length + 1 }, (_, length) => length).filter((length) => length !== bytes.length);
      const accepted = lengths.filter((length) => !isRefused(() => decode(version, longer.subarray(0, length))));
      expect(accepted, `${direction} ${version}`).toEqual([]);
    }
  });
});

describe.each([consumerSubscriptionStruct, consumerAssignmentStruct])('$name', (struct) => {
  it.each(load(struct.name))('version $version is encoded and decoded', (vector) => {
    check(vector, {
      encode: (version, value) => encodeStruct(struct, version, value as never),
      decode: (version, bytes) => decodeStruct(struct, version, bytes),
      fields: struct.fields,
    });
  });
});

describe('request header', () => {
  it.each(load('RequestHeader'))('version $version is encoded and decoded', ({ version, value, bytes }) => {
    // The fields of the header's schema.
    const header = value as { readonly correlationId: number; readonly clientId: string | null };
    // Fetch is flexible from version 12 on, so that one API gives both headers.
    const apiVersion = version === 1 ? 11 : 12;
    const expected = Buffer.from(bytes, 'base64');
    expected.writeInt16BE(fetchApi.key, 0);
    expected.writeInt16BE(apiVersion, 2);
    expect(hex(encodeRequestHeader(fetchApi, apiVersion, header.correlationId, header.clientId))).toBe(hex(expected));
    expect(decodeRequestHeader(expected)).toEqual({
      apiKey: fetchApi.key,
      apiVersion,
      correlationId: header.correlationId,
      clientId: header.clientId,
      bodyStart: expected.length,
    });
  });
});
