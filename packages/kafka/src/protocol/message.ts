/**
 * Encodes and decodes the messages that `messages/` describes, for clients (encode a request, decode a response) and
 * servers (decode a request, encode a response). Bodies only; headers and frames are in `header.ts` and `frame.ts`.
 */
import { ByteReader } from './byte-reader.ts';
import { ByteWriter, ValueFault } from './byte-writer.ts';
import { ProtocolError } from './protocol-error.ts';
import type {
  ApiDescription,
  Decoded,
  Encodable,
  Fields,
  RequestInputOf,
  RequestOf,
  ResponseInputOf,
  ResponseOf,
  StructDescription,
} from './schema.ts';
import { compileStruct, type StructCodec } from './struct-codec.ts';

interface Described {
  readonly name: string;
  readonly versions: readonly [min: number, max: number];
  readonly flexibleFrom?: number;
}

const compiled = new WeakMap<Fields, StructCodec[]>();

/** Whether this version uses compact lengths and tagged fields. */
export function isFlexible(description: Described, version: number): boolean {
  return version >= (description.flexibleFrom ?? Infinity);
}

function codecOf(description: Described, fields: Fields, version: number): StructCodec {
  let byVersion = compiled.get(fields);
  if (byVersion === undefined) compiled.set(fields, (byVersion = []));
  const known = byVersion[version];
  if (known !== undefined) return known;
  const [min, max] = description.versions;
  if (!Number.isInteger(version) || version < min || version > max) {
    throw new ProtocolError('MR_PROTOCOL_VERSION_UNKNOWN', `${description.name} version ${version} is not known, only ${min} to ${max}`, {
      details: { api: description.name, version },
    });
  }
  return (byVersion[version] = compileStruct(fields, version, isFlexible(description, version)));
}

function encode(description: Described, part: string, fields: Fields, version: number, value: unknown, capacityBytes?: number): Uint8Array {
  const codec = codecOf(description, fields, version);
  const writer = new ByteWriter(capacityBytes);
  try {
    codec.write(writer, value);
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error;
    const api = description.name + part;
    throw new ProtocolError('MR_PROTOCOL_UNREPRESENTABLE', `${api} version ${version} cannot carry ${error.path}: ${error.message}`, {
      details: { api, version, field: error.path },
    });
  }
  return writer.bytes();
}

function decode(description: Described, part: string, fields: Fields, version: number, bytes: Uint8Array, mayLeaveRest: boolean): unknown {
  const codec = codecOf(description, fields, version);
  const reader = new ByteReader(bytes);
  try {
    const value = codec.read(reader);
    if (reader.remaining > 0 && !mayLeaveRest) throw new ValueFault(`${reader.remaining} bytes are left over`).under('end');
    return value;
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error;
    const api = description.name + part;
    throw new ProtocolError('MR_PROTOCOL_MALFORMED', `${api} version ${version} cannot be read at ${error.path}: ${error.message}`, {
      details: { api, version, field: error.path },
    });
  }
}

/**
 * The body of a request.
 * @param capacityBytes room to begin with; what large requests know of their size saves copies
 * @throws ProtocolError MR_PROTOCOL_UNREPRESENTABLE for a value that the version cannot carry, MR_PROTOCOL_VERSION_UNKNOWN
 */
export function encodeRequest<A extends ApiDescription>(
  api: A,
  version: number,
  request: RequestInputOf<A>,
  capacityBytes?: number,
): Uint8Array {
  return encode(api, 'Request', api.request, version, request, capacityBytes);
}

/**
 * Reads the body of a response. Byte fields are views into `bytes`.
 * @throws ProtocolError MR_PROTOCOL_MALFORMED, MR_PROTOCOL_VERSION_UNKNOWN
 */
export function decodeResponse<A extends ApiDescription>(api: A, version: number, bytes: Uint8Array): ResponseOf<A> {
  // The reader was compiled from the description from which the type derives.
  return decode(api, 'Response', api.response, version, bytes, false) as ResponseOf<A>;
}

/**
 * Reads the body of a request. Byte fields are views into `bytes`.
 * @param options.mayLeaveRest bytes after the message are left alone, as real brokers do: some clients send a few too many
 * @throws ProtocolError MR_PROTOCOL_MALFORMED, MR_PROTOCOL_VERSION_UNKNOWN
 */
export function decodeRequest<A extends ApiDescription>(
  api: A,
  version: number,
  bytes: Uint8Array,
  options: { readonly mayLeaveRest?: boolean | undefined } = {},
): RequestOf<A> {
  // The reader was compiled from the description from which the type derives.
  return decode(api, 'Request', api.request, version, bytes, options.mayLeaveRest === true) as RequestOf<A>;
}

/**
 * The body of a response.
 * @throws ProtocolError MR_PROTOCOL_UNREPRESENTABLE for a value that the version cannot carry, MR_PROTOCOL_VERSION_UNKNOWN
 */
export function encodeResponse<A extends ApiDescription>(api: A, version: number, response: ResponseInputOf<A>): Uint8Array {
  return encode(api, 'Response', api.response, version, response);
}

/** Encodes a structure that stands by itself. Errors as of `encodeRequest`. */
export function encodeStruct<S extends StructDescription>(struct: S, version: number, value: Encodable<S['fields']>): Uint8Array {
  return encode(struct, '', struct.fields, version, value);
}

/**
 * Reads a structure that stands by itself. Errors as of `decodeResponse`.
 * @param options.mayLeaveRest bytes after the structure are left alone, as newer versions of it may have them
 */
export function decodeStruct<S extends StructDescription>(
  struct: S,
  version: number,
  bytes: Uint8Array,
  options: { readonly mayLeaveRest?: boolean | undefined } = {},
): Decoded<S['fields']> {
  // The reader was compiled from the description from which the type derives.
  return decode(struct, '', struct.fields, version, bytes, options.mayLeaveRest === true) as Decoded<S['fields']>;
}
