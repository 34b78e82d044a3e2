/**
 * How the rows of a store lie on disk, as text that is kept beside them: a store that is built otherwise under the same name would misread them. What a changelog holds is told apart from
 * it, since it fits more stores: with and without timestamps or history the records are the same, those of keys and of windows are not.
 */
import type { SessionStoreSpec, StoreSpec, WindowStoreSpec } from './store-spec.ts';
import { StoreTimes } from './store-times.ts';

/** The changelog's format, a slash, the rows'. */
export type RowFormat = string;

export function rowFormatOf(spec: StoreSpec): RowFormat {
  switch (spec.kind) {
    case 'keyValue':
      return `keyValue/${withParts('plain', spec.timestamped && spec.forgetsTimestamps !== true && 'timestamps')}`;
    case 'versioned':
      return `keyValue/history by ${spec.segmentIntervalMs} ms`;
    case 'window': {
      const keepsHeaders = spec.keepsHeaders === true || (spec.logsHeaders === true && spec.format === 'headers');
      const rows = withParts(`by ${segmentMsOf(spec)} ms`, spec.timestamped && 'timestamps', keepsHeaders && 'headers');
      return `${spec.retainDuplicates ? 'window with duplicates' : 'window'}/${rows}`;
    }
    case 'session':
      return `session/by ${segmentMsOf(spec)} ms`;
    case 'outerJoin':
    case 'suppressBuffer':
    case 'joinBuffer':
      return `${spec.kind}/plain`;
  }
}

/** True if the records of the changelog mean the same in both. */
export function hasSameChangelog(one: RowFormat, other: RowFormat): boolean {
  return changelogOf(one) === changelogOf(other);
}

function changelogOf(format: RowFormat): string {
  return format.slice(0, format.indexOf('/'));
}

function withParts(...parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join(' + ');
}

/** The segment is in the row's key, and comes from the retention. */
function segmentMsOf({ persistence, retentionMs }: WindowStoreSpec | SessionStoreSpec): number {
  return new StoreTimes({ persistence, retentionMs, showsBound: false, keepsSegments: false }).segmentMs;
}
