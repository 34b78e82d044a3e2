/** What a store of a case holds for a key. */
import { Headers } from '@millrace/core';
import { base64, datumOf, datumToJson } from './datum.ts';
import type { Json } from './json.ts';

/** The value, its timestamp if the store keeps one, and its headers if there are any. */
export function valueOf(found: unknown): readonly Json[] {
  if (typeof found === 'object' && found !== null && 'value' in found && 'headers' in found && found.headers instanceof Headers) {
    return [datumToJson(datumOf(found.value)), ...(found.headers.size > 0 ? [headersToJson(found.headers)] : [])];
  }
  if (typeof found === 'object' && found !== null && 'value' in found && 'timestamp' in found) {
    return [datumToJson(datumOf(found.value)), ...(typeof found.timestamp === 'number' && found.timestamp >= 0 ? [found.timestamp] : [])];
  }
  return [datumToJson(datumOf(found))];
}

function headersToJson(headers: Headers): Json {
  return headers.toArray().map(({ key, value }) => [key, value === null ? null : base64(value)]);
}
