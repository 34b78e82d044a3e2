/** The versions of one key, eldest first, and how a new one finds its place (S-177 … S-181). Kafka Streams: `RocksDBVersionedStore` spreads the same list over its segments. */

export interface Version {
  readonly timestamp: number;
  /** Null in both: a deletion. */
  readonly value: unknown;
  readonly bytes: Uint8Array | null;
  /** Of the value's bytes. */
  readonly length: number;
  /** A deletion whose end Java writes down: it was put for a time before that of another version, or another deletion of its segment came behind it. */
  readonly ended?: boolean;
}

export function isDeletion(version: Version): boolean {
  return version.value === null && version.bytes === null;
}

/** By time; of a time the deletion first. */
export function inOrder(one: Version, other: Version): number {
  return one.timestamp - other.timestamp || Number(isDeletion(other)) - Number(isDeletion(one));
}

/** Index of the last version that is not later than `time`; -1 if there is none. */
export function versionAt(versions: readonly Version[], time: number): number {
  let low = 0;
  let high = versions.length;
  // Mostly the latest is asked for.
  if (high > 0 && (versions[high - 1] as Version).timestamp <= time) return high - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle] as Version).timestamp <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Puts a version into its place and returns the index. A deletion of the latest version at its very timestamp leaves nothing behind, as in Java, which keeps deletions only
 * as the end of what they end; then -1. It does where a value is before it, or a deletion whose end is known to be there.
 */
export function insertVersion(versions: Version[], version: Version, segmentMs: number): number {
  const at = versionAt(versions, version.timestamp);
  const found = versions[at];
  const isReplaced = found !== undefined && found.timestamp === version.timestamp;
  const deletes = isDeletion(version);
  const placed = deletes && at + 1 < versions.length ? { ...version, ended: true } : version;
  // A value for the very time of the deletion that is the last stands behind it: the deletion is still there when the value goes.
  const isBehind = isReplaced && !deletes && at === versions.length - 1 && isDeletion(found);
  if (!isReplaced || isBehind) {
    versions.splice(at + 1, 0, placed);
    if (
      deletes &&
      found !== undefined &&
      isDeletion(found) &&
      Math.trunc(found.timestamp / segmentMs) === Math.trunc(version.timestamp / segmentMs)
    )
      versions[at] = { ...found, ended: true };
    return at + 1;
  }
  if (deletes && !isDeletion(found) && at === versions.length - 1 && !endsAtNext(versions[at - 1])) {
    versions.pop();
    return -1;
  }
  versions[at] = placed;
  return at;
}

function endsAtNext(version: Version | undefined): boolean {
  return version !== undefined && (version.ended === true || !isDeletion(version));
}

/** Forgets versions that ended before `bound`: no read can ask for them. */
export function trimVersions(versions: Version[], bound: number): void {
  let count = 0;
  while (count + 1 < versions.length && (versions[count + 1] as Version).timestamp < bound) count++;
  if (count > 0) versions.splice(0, count);
  const only = versions[0];
  if (versions.length === 1 && only !== undefined && isDeletion(only) && only.timestamp < bound) versions.length = 0;
}
