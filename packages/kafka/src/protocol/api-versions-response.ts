/** The one response whose version a client cannot know beforehand. */
import { decodeResponse } from './message.ts';
import { apiVersionsApi } from './messages/api-versions.ts';
import type { ResponseOf } from './schema.ts';

const unsupportedVersion = 35;

/**
 * Reads the response to an ApiVersions request of this version. A broker that does not speak the version answers in version 0
 * with error 35 and the versions that it does speak (KIP-511).
 * @throws ProtocolError MR_PROTOCOL_MALFORMED
 */
export function decodeApiVersionsResponse(version: number, bytes: Uint8Array): ResponseOf<typeof apiVersionsApi> {
  const refused = version > 0 && bytes.length >= 2 && bytes[0] === 0 && bytes[1] === unsupportedVersion;
  return decodeResponse(apiVersionsApi, refused ? 0 : version, bytes);
}
