/** Choosing the version of a request. */
import { decodeApiVersionsResponse } from '../protocol/api-versions-response.ts';
import type { ApiDescription } from '../protocol/schema.ts';
import { WireError } from './wire-error.ts';
import type { NodeVersions, VersionRange } from './wire-port.ts';

/**
 * The highest version that the node speaks, we describe and the caller allows.
 * @param limits.min lowest version with the needed meaning, default the lowest described
 * @param limits.max highest version the caller handles, default the highest described
 * @returns undefined if there is none
 */
export function commonVersion(
  versions: NodeVersions,
  api: ApiDescription,
  limits: { readonly min?: number | undefined; readonly max?: number | undefined } = {},
): number | undefined {
  const offered = versions.apis.get(api.key);
  if (offered === undefined) return undefined;
  const version = Math.min(offered.max, limits.max ?? api.versions[1]);
  return version >= Math.max(offered.min, limits.min ?? api.versions[0]) ? version : undefined;
}

/**
 * As {@link commonVersion}, but it must exist.
 * @throws WireError `unsupported`, naming what the node offers
 */
export function requireVersion(
  versions: NodeVersions,
  api: ApiDescription,
  limits: { readonly min?: number | undefined; readonly max?: number | undefined } = {},
): number {
  const version = commonVersion(versions, api, limits);
  if (version !== undefined) return version;
  const offered = versions.apis.get(api.key);
  const has = offered === undefined ? 'does not offer it' : `offers ${offered.min} to ${offered.max}`;
  const wanted = `${limits.min ?? api.versions[0]} to ${limits.max ?? api.versions[1]}`;
  throw new WireError('unsupported', `${api.name} ${wanted} is needed, the broker ${has}: use a broker of another version`, {
    details: { api: api.name },
    maybeSent: false,
  });
}

/** Reads the answer to an ApiVersions request of this version. Error 35 says that the broker speaks only the versions told in the answer. */
export function readNodeVersions(version: number, body: Uint8Array): { readonly errorCode: number; readonly versions: NodeVersions } {
  const response = decodeApiVersionsResponse(version, body);
  const apis = new Map<number, VersionRange>();
  for (const { apiKey, minVersion, maxVersion } of response.apiKeys) apis.set(apiKey, { min: minVersion, max: maxVersion });
  const features = new Map<string, number>();
  for (const { name, maxVersionLevel } of response.finalizedFeatures) features.set(name, maxVersionLevel);
  return { errorCode: response.errorCode, versions: { apis, features, featuresEpoch: response.finalizedFeaturesEpoch } };
}
