/** The operators that read and write topics, and the stores of processors. */
import { type Consumed, type OffsetReset, type StateStoreOptions, type TimestampExtractor, timestampExtractors } from '@millrace/core';
import { type Datum, datumOf, type Present, text } from '../datum.ts';
import { fromValue, fromValueOrPartitionTime } from '../extractors.ts';
import { selectorOf } from '../functions/selectors.ts';
import { CaseFormatError, isObject, type Json, textsOf } from '../json.ts';
import { serdeOf, sinkSerdeOf } from '../value-type.ts';
import { persistenceNamed, storeOf } from './materialization.ts';
import type { Operation } from './operation.ts';

export function stream(op: Operation): void {
  const [key, value] = [op.type('key'), op.type('value')];
  const { builder } = op.building;
  const options = consumed(op);
  if (op.has('pattern')) {
    op.put({ kind: 'stream', stream: builder.stream<Datum, Datum>(new RegExp(op.text('pattern'), 'u'), options), key, value });
    return;
  }
  const topics = op.has('topic') ? op.text('topic') : textsOf(op.field('topics'), 'topics');
  op.put({ kind: 'stream', stream: builder.stream<Datum, Datum>(topics, options), key, value });
}

export function table(op: Operation): void {
  const [key, value] = [op.type('key'), op.type('value')];
  const options = { ...consumed(op), store: storeOf(op, key, value) };
  op.put({ kind: 'table', table: op.building.builder.table<Present, Present>(op.text('topic'), options), key, value });
}

export function to(op: Operation): void {
  const { stream: source, key, value } = op.inputOf('stream');
  const windowed = op.has('keyFormat') && op.text('keyFormat') === 'windowed';
  const types = { key: windowed && typeof key === 'object' ? ('bytes' as const) : key, value };
  const keySerde = windowed ? serdeOf(key) : sinkSerdeOf(key);
  const options = { name: op.name, key: op.hasSerdes ? keySerde : undefined, value: op.serde(value) };
  const { outputTypes } = op.building;
  if (!op.has('topicBy')) {
    outputTypes.set(op.text('topic'), types);
    source.to(op.text('topic'), options);
    return;
  }
  const by = selectorOf(op.field('topicBy'));
  const prefix = op.has('topicPrefix') ? op.text('topicPrefix') : '';
  // The function's name shows in `describe`.
  const topicBy = (recordValue: Datum, recordKey: Datum): string => {
    const topic = prefix + text(by.apply(datumOf(recordKey), datumOf(recordValue)));
    outputTypes.set(topic, types);
    return topic;
  };
  source.to(topicBy, options);
}

export function store(op: Operation): void {
  op.building.builder.addStateStore<Present, Present>(stateStoreOf(op));
}

/** The store that the operator's fields describe. */
export function stateStoreOf(op: Operation): StateStoreOptions<Present, Present> {
  const kind = op.has('kind') ? op.text('kind') : 'kv';
  const base = {
    name: op.text('name'),
    key: serdeOf(op.type('key')),
    value: serdeOf(op.type('value')),
    caching: op.flag('caching'),
    logging: op.field('logging') !== false,
  };
  const persistence = persistenceNamed(op.field('store') ?? 'rocksdb');
  switch (kind) {
    case 'kv':
    case 'timestampedKv':
      return { ...base, persistence, timestamped: kind === 'timestampedKv' };
    case 'lru':
      return { ...base, maxEntries: op.number('maxEntries') };
    case 'window':
      return {
        ...base,
        kind,
        persistence,
        retention: op.number('retentionMs'),
        windowSize: op.number('windowMs'),
        retainDuplicates: op.flag('retainDuplicates'),
      };
    case 'session':
      return { ...base, kind, persistence, retention: op.number('retentionMs') };
    case 'versioned':
      return {
        ...base,
        kind,
        historyRetention: op.number('historyMs'),
        segmentInterval: op.has('segmentMs') ? op.number('segmentMs') : undefined,
      };
    default:
      throw new CaseFormatError(`unknown kind of store ${kind}`);
  }
}

/** How a source reads. */
export function consumed(op: Operation): Consumed<Present, Present> {
  return {
    name: op.name,
    key: op.serde(op.type('key')),
    value: op.serde(op.type('value')),
    timestampExtractor: extractorNamed(op.field('timestampExtractor')),
    offsetReset: offsetResetOf(op.field('offsetReset')),
  };
}

/** Undefined where none is named. */
export function extractorNamed(name: Json | undefined): TimestampExtractor | undefined {
  switch (name) {
    case undefined:
      return undefined;
    case 'failOnInvalid':
      return timestampExtractors.failOnInvalid;
    case 'logAndSkip':
      return timestampExtractors.skipOnInvalid;
    case 'usePartitionTime':
      return timestampExtractors.partitionTimeOnInvalid;
    case 'fromValue':
      return fromValue;
    case 'fromValueOrPartitionTime':
      return fromValueOrPartitionTime;
    default:
      throw new CaseFormatError(`unknown timestamp extractor ${JSON.stringify(name)}`);
  }
}

function offsetResetOf(reset: Json | undefined): OffsetReset | undefined {
  if (reset === undefined || reset === 'earliest' || reset === 'latest' || reset === 'none') return reset;
  if (isObject(reset) && typeof reset['byDurationMs'] === 'number') return { byDurationMs: reset['byDurationMs'] };
  throw new CaseFormatError(`unknown offset reset ${JSON.stringify(reset)}`);
}
