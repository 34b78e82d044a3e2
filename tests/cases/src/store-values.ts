/** What a store of a case holds for a key. */
import { datumOf, datumToJson } from './datum.ts';
import type { Json } from './json.ts';

/** The value, and its timestamp if the store keeps one. */
export function valueOf(found: unknown): readonly Json[] {
  if (typeof found === 'object' && found !== null && 'value' in found && 'timestamp' in found) {
    return [datumToJson(datumOf(found.value)), ...(typeof found.timestamp === 'number' && found.timestamp >= 0 ? [found.timestamp] : [])];
  }
  return [datumToJson(datumOf(found))];
}
