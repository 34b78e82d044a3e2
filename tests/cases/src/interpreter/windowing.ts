/** The operators that divide groups into windows and aggregate these, and those that aggregate several groups together. */
import {
  type EmitStrategy,
  sessionWindows,
  type SessionWindows,
  slidingWindows,
  type SlidingWindows,
  timeWindows,
  type TimeWindowedKStream,
  type TimeWindows,
  unlimitedWindows,
  type UnlimitedWindows,
  type WindowedStoreOptions,
} from '@millrace/core';
import { type Datum, datumFromJson, type Present } from '../datum.ts';
import { aggregatorOf } from '../functions/aggregators.ts';
import { arrayOf, CaseFormatError, isObject, type JsonObject, numberOf, objectOf } from '../json.ts';
import { baseOf, type ValueType, type WindowedType } from '../value-type.ts';
import type { CogroupedNode, CogroupedSessionsNode, CogroupedWindowsNode, SessionsNode, TableNode, WindowsNode } from './case-node.ts';
import { aggregating, reducing } from './combining.ts';
import { serdesOnly, storeOf } from './materialization.ts';
import { Operation } from './operation.ts';

type Windows = TimeWindows | UnlimitedWindows | SlidingWindows | SessionWindows;
type CaseStore = WindowedStoreOptions<Present, Present>;

export function cogroup(op: Operation): void {
  const groups = arrayOf(op.field('groups'), 'groups').map((group) => objectOf(group, 'a group'));
  let node: CogroupedNode | undefined;
  for (const group of groups) {
    const { grouped, key, value } = new Operation(op.building, group).inputOf('groupedStream');
    const aggregator = aggregatorOf(group['agg']);
    node =
      node === undefined
        ? { kind: 'cogrouped', cogrouped: grouped.cogroup(aggregating(aggregator)), key, value: aggregator.type(value) }
        : { ...node, cogrouped: node.cogrouped.cogroup(grouped, aggregating(aggregator)) };
  }
  if (node === undefined) throw new CaseFormatError('a cogroup needs groups');
  op.put(node);
}

export function windowedBy(op: Operation): void {
  const input = op.input();
  const windows = windowsOf(objectOf(op.field('window'), 'window'));
  const { key, value } = input;
  const sizeMs: WindowedType['sizeMs'] =
    windows.kind === 'session' ? 'session' : windows.kind === 'sliding' ? windows.differenceMs : windows.sizeMs;
  const types = { key, value, windowedKey: { base: baseOf(key), sizeMs } };
  if (input.kind === 'cogrouped') {
    const { cogrouped } = input;
    if (windows.kind === 'session') op.put({ kind: 'cogroupedSessions', windowed: cogrouped.windowedBy(windows), ...types });
    else op.put({ kind: 'cogroupedWindows', windowed: cogrouped.windowedBy(windows), ...types });
  } else if (input.kind === 'groupedStream') {
    const { grouped } = input;
    const options = op.has('emit') ? { emit: emitOf(op.text('emit')) } : {};
    if (windows.kind === 'session') op.put({ kind: 'sessions', windowed: grouped.windowedBy(windows, options), ...types });
    else if (windows.kind === 'sliding') {
      // Sliding windows leave out records without value; functions that take those as well take the others.
      const windowed = grouped.windowedBy(windows, options) as TimeWindowedKStream<Present, Datum>;
      op.put({ kind: 'windows', windowed, ...types });
    } else op.put({ kind: 'windows', windowed: grouped.windowedBy(windows, options), ...types });
  } else {
    throw new CaseFormatError(`a ${input.kind} cannot be windowed`);
  }
}

function emitOf(name: string): EmitStrategy {
  if (name === 'onWindowUpdate' || name === 'onWindowClose') return name;
  throw new CaseFormatError(`unknown emit strategy ${name}`);
}

function windowsOf(window: JsonObject): Windows {
  const number = (name: string): number => numberOf(window[name], `${name} of a window`);
  const optional = (name: string): number | undefined => (window[name] === undefined ? undefined : number(name));
  const grace = optional('grace');
  switch (window['type']) {
    case 'time':
      return timeWindows({ size: number('size'), advance: optional('advance'), grace });
    case 'sliding':
      return slidingWindows({ difference: number('diff'), grace });
    case 'session':
      return sessionWindows({ gap: number('gap'), grace });
    case 'unlimited':
      return unlimitedWindows({ start: optional('start') });
    default:
      throw new CaseFormatError(`unknown window ${JSON.stringify(window)}`);
  }
}

export function countWindows(op: Operation, { key, windowed, windowedKey }: WindowsNode | SessionsNode): void {
  const store = windowedStoreOf(op, key, 'i64');
  // Counts are numbers with a serde of their own; whatever takes one as a datum makes a bigint of it.
  const options = { name: op.name, store: store === undefined ? undefined : { ...store, value: undefined } };
  putTable(op, windowed.count(options), windowedKey, 'i64');
}

export function reduceWindows(op: Operation, { key, value, windowed, windowedKey }: WindowsNode | SessionsNode): void {
  putTable(op, windowed.reduce(reducing(op.field('fn')), { name: op.name, store: windowedStoreOf(op, key, value) }), windowedKey, value);
}

export function aggregateWindows(op: Operation, node: WindowsNode | SessionsNode): void {
  const { key, windowedKey } = node;
  const initial = datumFromJson(op.field('init'));
  const aggregator = aggregatorOf(op.field('agg'));
  const value = aggregator.type(node.value);
  const options = { name: op.name, store: windowedStoreOf(op, key, value) ?? serdesOnly(op, key, value) };
  const table =
    node.kind === 'sessions'
      ? node.windowed.aggregate<Datum>(() => initial, aggregating(aggregator), reducing(op.field('merger')), options)
      : node.windowed.aggregate<Datum>(() => initial, aggregating(aggregator), options);
  putTable(op, table, windowedKey, value);
}

export function aggregateCogroup(op: Operation, { cogrouped, key, value }: CogroupedNode): void {
  const initial = datumFromJson(op.field('init'));
  const store = storeOf(op, key, value) ?? serdesOnly(op, key, value);
  op.put({ kind: 'table', table: cogrouped.aggregate(() => initial, { name: op.name, store }), key, value });
}

export function aggregateCogroupedWindows(op: Operation, node: CogroupedWindowsNode | CogroupedSessionsNode): void {
  const { key, value, windowedKey } = node;
  const initial = datumFromJson(op.field('init'));
  const options = { name: op.name, store: windowedStoreOf(op, key, value) ?? serdesOnly(op, key, value) };
  const table =
    node.kind === 'cogroupedSessions'
      ? node.windowed.aggregate(() => initial, reducing(op.field('merger')), options)
      : node.windowed.aggregate(() => initial, options);
  putTable(op, table, windowedKey, value);
}

function putTable(op: Operation, table: unknown, key: WindowedType, value: ValueType): void {
  // A table of windowed keys is one of data: a windowed key is a datum.
  op.put({ kind: 'table', table: table as TableNode['table'], key, value });
}

function windowedStoreOf(op: Operation, key: ValueType, value: ValueType): CaseStore | undefined {
  const mat = op.field('mat');
  if (!isObject(mat)) return undefined;
  const retention = mat['retentionMs'] === undefined ? {} : { retention: numberOf(mat['retentionMs'], 'retentionMs') };
  const windowSize = mat['windowMs'] === undefined ? undefined : numberOf(mat['windowMs'], 'windowMs');
  const supplied = mat['supplier'] === undefined ? {} : { supplied: { windowSize } };
  return { ...storeOf(op, key, value), ...retention, ...supplied };
}
