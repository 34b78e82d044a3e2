/**
 * Request and response headers. The header's own version follows from API and version: flexible requests have header 2,
 * others 1; flexible responses have 1, others 0. The response of ApiVersions always has 0, since a client that does not know
 * what the broker speaks must be able to read it.
 */
import { apiByKey } from './apis.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter, ValueFault } from './byte-writer.ts';
import { isFlexible } from './message.ts';
import { apiVersionsApi } from './messages/api-versions.ts';
import { ProtocolError } from './protocol-error.ts';
import type { ApiDescription } from './schema.ts';

/** What stands first in every request, whatever it is. */
export interface RequestPrefix {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
}

export interface RequestHeader extends RequestPrefix {
  readonly clientId: string | null;
  /** Where the body starts. */
  readonly bodyStart: number;
}

export function requestHeaderVersion(api: ApiDescription, version: number): 1 | 2 {
  return isFlexible(api, version) ? 2 : 1;
}

export function responseHeaderVersion(api: ApiDescription, version: number): 0 | 1 {
  return isFlexible(api, version) && api.key !== apiVersionsApi.key ? 1 : 0;
}

export function encodeRequestHeader(api: ApiDescription, version: number, correlationId: number, clientId: string | null): Uint8Array {
  const writer = new ByteWriter(32);
  try {
    writer.int16(api.key);
    writer.int16(version);
    writer.int32(correlationId);
    // The client id keeps its old form in flexible headers, so that it can be read before the version is understood.
    if (clientId === null) writer.int16(-1);
    else writer.string(clientId);
    if (requestHeaderVersion(api, version) === 2) writer.varint(0);
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error;
    throw new ProtocolError('MR_PROTOCOL_UNREPRESENTABLE', `the header of ${api.name} version ${version}: ${error.message}`, {
      details: { api: api.name, version, field: 'header' },
    });
  }
  return writer.bytes();
}

/**
 * Reads the first eight bytes, for requests whose API or version is unknown: enough to refuse them.
 * @throws ProtocolError MR_PROTOCOL_MALFORMED
 */
export function peekRequestHeader(frame: Uint8Array): RequestPrefix {
  return reading(frame, (reader) => ({ apiKey: reader.int16(), apiVersion: reader.int16(), correlationId: reader.int32() }));
}

/**
 * Reads the header of a request of any described API.
 * @throws ProtocolError MR_PROTOCOL_MALFORMED, or MR_PROTOCOL_VERSION_UNKNOWN where the API's key is not known
 */
export function decodeRequestHeader(frame: Uint8Array): RequestHeader {
  return reading(frame, (reader) => {
    const apiKey = reader.int16();
    const apiVersion = reader.int16();
    const correlationId = reader.int32();
    const api = apiByKey(apiKey);
    if (api === undefined) {
      throw new ProtocolError('MR_PROTOCOL_VERSION_UNKNOWN', `no API has the key ${apiKey}`, { details: { apiKey, version: apiVersion } });
    }
    const size = reader.stringSize();
    const clientId = size < 0 ? null : reader.utf8(size);
    if (requestHeaderVersion(api, apiVersion) === 2) skipTags(reader);
    return { apiKey, apiVersion, correlationId, clientId, bodyStart: reader.position };
  });
}

export function encodeResponseHeader(api: ApiDescription, version: number, correlationId: number): Uint8Array {
  const writer = new ByteWriter(8);
  writer.int32(correlationId);
  if (responseHeaderVersion(api, version) === 1) writer.varint(0);
  return writer.bytes();
}

/**
 * @returns the correlation id and where the body starts
 * @throws ProtocolError MR_PROTOCOL_MALFORMED
 */
export function decodeResponseHeader(
  api: ApiDescription,
  version: number,
  frame: Uint8Array,
): { readonly correlationId: number; readonly bodyStart: number } {
  return reading(frame, (reader) => {
    const correlationId = reader.int32();
    if (responseHeaderVersion(api, version) === 1) skipTags(reader);
    return { correlationId, bodyStart: reader.position };
  });
}

/**
 * Where the body starts in a response whose correlation id was taken off already.
 * @throws ProtocolError MR_PROTOCOL_MALFORMED
 */
export function responseBodyStart(api: ApiDescription, version: number, rest: Uint8Array): number {
  if (responseHeaderVersion(api, version) === 0) return 0;
  return reading(rest, (reader) => {
    skipTags(reader);
    return reader.position;
  });
}

function skipTags(reader: ByteReader): void {
  for (let count = reader.varint(); count > 0; count--) {
    reader.varint();
    reader.skip(reader.varint());
  }
}

function reading<T>(frame: Uint8Array, read: (reader: ByteReader) => T): T {
  try {
    return read(new ByteReader(frame));
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error;
    throw new ProtocolError('MR_PROTOCOL_MALFORMED', `a header cannot be read: ${error.message}`, { details: { field: 'header' } });
  }
}
