/** Processors of the format that keep state in key-value stores. */
import type { Cancellable, KeyValue, KeyValueStore, Processor, ReadOnlyKeyValueStore, StoreIterator } from '@millrace/core';
import { StreamRecord } from '@millrace/core';
import { type Datum, datumFromJson, datumOf, i64, prefixOf, text, wrap } from '../datum.ts';
import type { ProcessorSpec } from './processor-spec.ts';
import type { CaseContext, CaseRecord } from './stateless.ts';

export type CaseProcessor = Processor<Datum, Datum, Datum, Datum>;
type CaseStore = KeyValueStore<Datum, Datum>;

/** A processor with one store: `open` gets context and store, and returns what is done with a record. */
export function withStore<Store = CaseStore>(
  spec: ProcessorSpec,
  open: (context: CaseContext, store: Store) => (record: CaseRecord) => void,
): CaseProcessor {
  let step: (record: CaseRecord) => void;
  return {
    init: (context) => {
      step = open(context, context.getStateStore<Store>(spec.text('store')));
    },
    process: (record) => step(record),
  };
}

export function dedup(spec: ProcessorSpec): CaseProcessor {
  const ttlMs = BigInt(spec.number('ttlMs'));
  return withStore(spec, (context, seen) => (record) => {
    const key = datumOf(record.key);
    if (key !== null) {
      const last = seen.get(text(key));
      if (last !== undefined && i64(datumOf(last)) >= BigInt(context.currentStreamTimeMs) - ttlMs) return;
      seen.put(text(key), BigInt(record.timestamp));
    }
    context.forward(record);
  });
}

export function lookup(spec: ProcessorSpec): CaseProcessor {
  return {
    init(context): void {
      this.process = (record): void => {
        const found = datumOf(record.key) === null ? 'null' : foundText(context.getStateStore(spec.text('store')), record.key);
        context.forward(record.withValue(`${text(datumOf(record.value))}/${found}`));
      };
    },
    process: () => {},
  };
}

/** A timestamped or versioned store shows the timestamp, a plain one the value alone. A versioned one has its own word for nothing. */
function foundText(store: ReadOnlyKeyValueStore<Datum, unknown>, key: Datum): string {
  const found = store.get(key);
  if (found === undefined && 'getAsOf' in store) return 'none';
  if (typeof found === 'object' && found !== null && 'timestamp' in found && 'value' in found)
    return `${text(datumOf(found.value))}@${String(found.timestamp)}`;
  return text(datumOf(found));
}

export function sum(spec: ProcessorSpec): CaseProcessor {
  const cancelAfter = spec.numberOr('cancelAfter', -1);
  return withStore(spec, (context, sums) => {
    let fired = 0;
    const punctuate = (now: number): void => {
      // All entries are read before the first is forwarded, as the format says.
      const entries = [...sums.all()];
      for (const { key, value } of entries) {
        context.forward(StreamRecord.of<Datum, Datum>({ key, value: text(datumOf(value)), timestamp: now }));
        if (spec.flag('clear')) sums.delete(key);
      }
      if (spec.flag('mark')) context.forward(StreamRecord.of<Datum, Datum>({ key: 'tick', value: String(now), timestamp: now }));
      if (++fired === cancelAfter) schedule.cancel();
    };
    const startMs = spec.field('startMs') === undefined ? undefined : spec.number('startMs');
    const time = spec.text('time') === 'wall' ? 'wall' : 'stream';
    const schedule: Cancellable = context.schedule(spec.number('everyMs'), time, punctuate, { startMs });
    return (record) => {
      const key = datumOf(record.key);
      if (key === null) return;
      const summand = spec.flag('count') ? 1n : i64(datumOf(record.value));
      sums.put(text(key), wrap(i64(datumOf(sums.get(text(key)))) + summand));
    };
  });
}

export function prefixScan(spec: ProcessorSpec): CaseProcessor {
  return withStore(spec, (context, store) => (record) => {
    const key = datumOf(record.key);
    if (key === null) return;
    putText(store, key, datumOf(record.value));
    const prefix = Buffer.from(prefixOf(text(key), spec.number('chars')));
    context.forward(record.withValue(entriesText(store.prefixScan(prefix))));
  });
}

export function rangeScan(spec: ProcessorSpec): CaseProcessor {
  const from = datumFromJson(spec.field('from')) ?? undefined;
  const to = datumFromJson(spec.field('to')) ?? undefined;
  return withStore(spec, (context, store) => (record) => {
    const key = datumOf(record.key);
    if (key === null) return;
    putText(store, key, datumOf(record.value));
    context.forward(record.withValue(entriesText(spec.flag('reverse') ? store.reverseRange(from, to) : store.range(from, to))));
  });
}

function putText(store: CaseStore, key: Datum, value: Datum): void {
  store.put(text(key), value === null ? null : text(value));
}

function entriesText(entries: StoreIterator<KeyValue<Datum, Datum>>): string {
  let shown = '';
  for (const { key, value } of entries) shown += `${text(datumOf(key))}=${text(datumOf(value))};`;
  return shown;
}
