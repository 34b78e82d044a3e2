/** Processors of the format that keep state in window and session stores. */
import { type SessionStore, Windowed, type WindowStore } from '@millrace/core';
import { type Datum, datumOf, text } from '../datum.ts';
import type { ProcessorSpec } from './processor-spec.ts';
import { type CaseProcessor, withStore } from './store-processors.ts';

export function windowPut(spec: ProcessorSpec): CaseProcessor {
  const backMs = spec.number('backMs');
  return withStore<WindowStore<Datum, Datum>>(spec, (context, store) => (record) => {
    const key = datumOf(record.key);
    if (key === null) return;
    const { timestamp } = record;
    store.put(text(key), textOrNull(datumOf(record.value)), timestamp);
    let shown = '';
    for (const { start, value } of store.fetch(text(key), Math.max(0, timestamp - backMs), timestamp))
      shown += `${start}=${text(datumOf(value))};`;
    context.forward(record.withValue(shown));
  });
}

export function sessionPut(spec: ProcessorSpec): CaseProcessor {
  const lengthMs = spec.number('lengthMs');
  return withStore<SessionStore<Datum, Datum>>(spec, (context, store) => (record) => {
    const key = datumOf(record.key);
    if (key === null) return;
    const { timestamp } = record;
    store.put(new Windowed<Datum>(text(key), { start: timestamp, end: timestamp + lengthMs }), textOrNull(datumOf(record.value)));
    let shown = '';
    for (const { key: session, value } of store.findSessions(text(key), Math.max(0, timestamp - lengthMs), timestamp + lengthMs))
      shown += `${text(datumOf(session))}=${text(datumOf(value))};`;
    context.forward(record.withValue(shown));
  });
}

function textOrNull(datum: Datum): Datum {
  return datum === null ? null : text(datum);
}
