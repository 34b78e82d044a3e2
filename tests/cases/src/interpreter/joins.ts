/** The operators that join by the record's key. */
import {
  type JoinWindows,
  joinWindows,
  type Joined,
  type StreamJoined,
  type StreamJoinStoreOptions,
  type SuppliedJoinStore,
} from '@millrace/core';
import { type Datum, datumOf, type Present } from '../datum.ts';
import { joinerOf } from '../functions/joiners.ts';
import { CaseFormatError, isObject, type Json, numberOf, textOf } from '../json.ts';
import type { ValueType } from '../value-type.ts';
import { persistenceNamed, storeOf } from './materialization.ts';
import type { Operation } from './operation.ts';

type Join = (left: Datum, right: Datum, key: Datum) => Datum;

/** The joiner and the type of what it makes. */
function joining(op: Operation, left: ValueType, right: ValueType): { readonly join: Join; readonly value: ValueType } {
  const joiner = joinerOf(op.field('joiner'));
  const withKey = op.flag('withKey');
  const join: Join = (leftValue, rightValue, key) => joiner.apply(withKey ? datumOf(key) : null, datumOf(leftValue), datumOf(rightValue));
  return { join, value: joiner.type(left, right) };
}

export function ssJoin(op: Operation): void {
  const left = op.inputOf('stream');
  const right = op.inputOf('stream', 'right');
  const { join, value } = joining(op, left.value, right.value);
  const { key } = left;
  const options: StreamJoined<Datum, Present, Present> = {
    name: op.name,
    windows: windowsOf(op),
    key: op.serde(key),
    value: op.serde(left.value),
    otherValue: op.serde(right.value),
    store: joinStore(op),
  };
  switch (op.text('kind')) {
    case 'inner':
      op.put({ kind: 'stream', stream: left.stream.join(right.stream, join, options), key, value });
      return;
    case 'left':
      op.put({ kind: 'stream', stream: left.stream.leftJoin(right.stream, join, options), key, value });
      return;
    case 'outer':
      op.put({ kind: 'stream', stream: left.stream.outerJoin(right.stream, join, options), key, value });
      return;
    default:
      throw unknownKind(op);
  }
}

/** Java's builder takes one bound after the other and checks at each step. */
function windowsOf(op: Operation): JoinWindows {
  const difference = op.number('diff');
  const before = optionalNumber(op, 'before');
  const after = optionalNumber(op, 'after');
  const grace = optionalNumber(op, 'grace');
  joinWindows({ difference, grace });
  joinWindows({ difference, before, grace });
  return joinWindows({ difference, before, after, grace });
}

function joinStore(op: Operation): StreamJoinStoreOptions {
  const suppliers = op.object('suppliers');
  return {
    name: op.has('storeName') ? op.text('storeName') : undefined,
    persistence: persistenceNamed(op.field('store')),
    logging: op.field('logging') === false ? false : undefined,
    supplied: suppliers === undefined ? undefined : { this: suppliedStore(suppliers['this']), other: suppliedStore(suppliers['other']) },
  };
}

function suppliedStore(json: Json | undefined): SuppliedJoinStore | undefined {
  if (json === undefined) return undefined;
  if (!isObject(json)) throw new CaseFormatError(`a store supplier should be an object: ${JSON.stringify(json)}`);
  return {
    name: textOf(json['name'], 'the name of a store'),
    retention: numberOf(json['retentionMs'], 'retentionMs'),
    windowSize: numberOf(json['windowMs'], 'windowMs'),
    retainDuplicates: json['retainDuplicates'] !== false,
    persistence: persistenceNamed(json['store']),
  };
}

export function stJoin(op: Operation): void {
  const left = op.inputOf('stream');
  const right = op.inputOf('table', 'right');
  const { join, value } = joining(op, left.value, right.value);
  const { key } = left;
  const options: Joined<Datum, Present> = {
    name: op.name,
    key: op.serde(key),
    value: op.serde(left.value),
    grace: optionalNumber(op, 'graceMs'),
  };
  switch (op.text('kind')) {
    case 'inner':
      op.put({ kind: 'stream', stream: left.stream.join(right.table, join, options), key, value });
      return;
    case 'left':
      op.put({ kind: 'stream', stream: left.stream.leftJoin(right.table, join, options), key, value });
      return;
    default:
      throw unknownKind(op);
  }
}

function optionalNumber(op: Operation, field: string): number | undefined {
  return op.has(field) ? op.number(field) : undefined;
}

export function ttJoin(op: Operation): void {
  const left = op.inputOf('table');
  const right = op.inputOf('table', 'right');
  const { join, value } = joining(op, left.value, right.value);
  const options = { name: op.name, store: storeOf(op, left.key, value) };
  switch (op.text('kind')) {
    case 'inner':
      op.put({ kind: 'table', table: left.table.join(right.table, join, options), key: left.key, value });
      return;
    case 'left':
      op.put({ kind: 'table', table: left.table.leftJoin(right.table, join, options), key: left.key, value });
      return;
    case 'outer':
      op.put({ kind: 'table', table: left.table.outerJoin(right.table, join, options), key: left.key, value });
      return;
    default:
      throw unknownKind(op);
  }
}

function unknownKind(op: Operation): CaseFormatError {
  return new CaseFormatError(`unknown kind of join ${JSON.stringify(op.field('kind'))}`);
}
