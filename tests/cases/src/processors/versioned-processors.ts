/** The processor of the format that keeps versions. */
import type { VersionedRecord, VersionedStore } from '@millrace/core';
import { type Datum, datumOf, text } from '../datum.ts';
import type { ProcessorSpec } from './processor-spec.ts';
import { type CaseProcessor, withStore } from './store-processors.ts';

/** What Java's `put` returns for a version that was refused. */
const refused = '-9223372036854775808';

export function versionedPut(spec: ProcessorSpec): CaseProcessor {
  const backMs = spec.number('backMs');
  return withStore<VersionedStore<Datum, Datum>>(spec, (context, store) => (record) => {
    const key = datumOf(record.key);
    if (key === null) return;
    const value = datumOf(record.value);
    const { timestamp } = record;
    const validTo = store.put(text(key), value === null ? null : text(value), timestamp) ?? refused;
    const latest = shown(store.get(text(key)));
    const before = shown(store.getAsOf(text(key), timestamp - backMs));
    context.forward(record.withValue(`validTo=${validTo},latest=${latest},before=${before}`));
  });
}

function shown(found: VersionedRecord<Datum> | undefined): string {
  return found === undefined ? 'none' : `${text(datumOf(found.value))}@${found.timestamp}`;
}
