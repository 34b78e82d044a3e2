/** The operators that group and aggregate. */
import type { Grouped } from '@millrace/core';
import { type Datum, datumFromJson, datumOf, type Present } from '../datum.ts';
import { aggregatorOf } from '../functions/aggregators.ts';
import { selectorOf } from '../functions/selectors.ts';
import { CaseFormatError } from '../json.ts';
import type { ValueType } from '../value-type.ts';
import type { GroupedStreamNode, GroupedTableNode, TableNode } from './case-node.ts';
import { aggregating, reducing } from './combining.ts';
import { serdesOnly, storeOf } from './materialization.ts';
import type { Operation } from './operation.ts';
import { pairOf } from './record-by-record.ts';
import { aggregateCogroup, aggregateCogroupedWindows, aggregateWindows, countWindows, reduceWindows } from './windowing.ts';

export function groupByKey(op: Operation): void {
  const { stream, key, value } = op.inputOf('stream');
  const grouped = op.isPlain ? stream.groupByKey() : stream.groupByKey(groupedOptions(op, key, value));
  op.put({ kind: 'groupedStream', grouped, key, value });
}

export function groupBy(op: Operation): void {
  const input = op.input();
  if (input.kind === 'stream') {
    const by = selectorOf(op.field('by'));
    const key = by.type(input.key, input.value);
    const selector = (recordValue: Datum, recordKey: Datum): Datum => by.apply(datumOf(recordKey), datumOf(recordValue));
    const grouped = op.isPlain ? input.stream.groupBy(selector) : input.stream.groupBy(selector, groupedOptions(op, key, input.value));
    op.put({ kind: 'groupedStream', grouped, key, value: input.value });
  } else if (input.kind === 'table') {
    const { select, key, value } = pairOf(op, input.key, input.value);
    const grouped = op.isPlain ? input.table.groupBy(select) : input.table.groupBy(select, groupedOptions(op, key, value));
    op.put({ kind: 'groupedTable', grouped, key, value });
  } else {
    throw new CaseFormatError(`a ${input.kind} cannot be grouped`);
  }
}

function groupedOptions(op: Operation, key: ValueType, value: ValueType): Grouped<Present, Present> {
  return { name: op.name, key: op.serde(key), value: op.serde(value) };
}

type GroupedNode = GroupedStreamNode | GroupedTableNode;

function groupedInput(op: Operation): GroupedNode {
  const input = op.input();
  if (input.kind === 'groupedStream' || input.kind === 'groupedTable') return input;
  throw new CaseFormatError(`a ${input.kind} cannot be aggregated`);
}

export function count(op: Operation): void {
  const from = op.input();
  if (from.kind === 'windows' || from.kind === 'sessions') return countWindows(op, from);
  const { grouped, key } = groupedInput(op);
  const store = storeOf(op, key, 'i64');
  // Counts are numbers with a serde of their own; whatever takes one as a datum makes a bigint of it.
  const options = { name: op.name, store: store === undefined ? undefined : { ...store, value: undefined } };
  op.put({ kind: 'table', table: grouped.count(options) as unknown as TableNode['table'], key, value: 'i64' });
}

export function reduce(op: Operation): void {
  const from = op.input();
  if (from.kind === 'windows' || from.kind === 'sessions') return reduceWindows(op, from);
  const { kind, grouped, key, value } = groupedInput(op);
  const mat = storeOf(op, key, value);
  if (kind === 'groupedTable') {
    // A name without a store has no overload in Java and is not used.
    const options = mat === undefined ? {} : { name: op.name, store: mat };
    op.put({
      kind: 'table',
      table: grouped.reduce({ add: reducing(op.field('add')), subtract: reducing(op.field('sub')) }, options),
      key,
      value,
    });
    return;
  }
  const store = mat ?? (op.name === undefined ? undefined : serdesOnly(op, key, value));
  const options = store === undefined ? {} : { name: op.name, store };
  op.put({ kind: 'table', table: grouped.reduce(reducing(op.field('fn')), options), key, value });
}

export function aggregate(op: Operation): void {
  const from = op.input();
  if (from.kind === 'windows' || from.kind === 'sessions') return aggregateWindows(op, from);
  if (from.kind === 'cogrouped') return aggregateCogroup(op, from);
  if (from.kind === 'cogroupedWindows' || from.kind === 'cogroupedSessions') return aggregateCogroupedWindows(op, from);
  const { kind, grouped, key, value: input } = groupedInput(op);
  const initial = datumFromJson(op.field('init'));
  if (kind === 'groupedTable') {
    const [add, subtract] = [aggregatorOf(op.field('add')), aggregatorOf(op.field('sub'))];
    const value = add.type(input);
    const store = storeOf(op, key, value) ?? serdesOnly(op, key, value);
    const aggregator = { add: aggregating(add), subtract: aggregating(subtract) };
    op.put({ kind: 'table', table: grouped.aggregate<Datum>(() => initial, aggregator, { name: op.name, store }), key, value });
    return;
  }
  const aggregator = aggregatorOf(op.field('agg'));
  const value = aggregator.type(input);
  const store = storeOf(op, key, value) ?? serdesOnly(op, key, value);
  // A name without a store has no overload in Java and is not used.
  const options = store === undefined ? {} : { name: op.name, store };
  op.put({ kind: 'table', table: grouped.aggregate<Datum>(() => initial, aggregating(aggregator), options), key, value });
}
