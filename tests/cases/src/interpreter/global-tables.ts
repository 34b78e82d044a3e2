/** Global tables, and the operator that joins a stream with one. */
import { type Datum, datumOf, type Present } from '../datum.ts';
import { joinerOf } from '../functions/joiners.ts';
import { selectorOf } from '../functions/selectors.ts';
import { CaseFormatError } from '../json.ts';
import { storeOf } from './materialization.ts';
import type { Operation } from './operation.ts';
import { consumed } from './sources-and-sinks.ts';

export function globalTable(op: Operation): void {
  const [key, value] = [op.type('key'), op.type('value')];
  const options = { ...consumed(op), store: storeOf(op, key, value) };
  const table = op.building.builder.globalTable<Present, Present>(op.text('topic'), options);
  op.put({ kind: 'globalTable', table, key, value });
}

export function gtJoin(op: Operation): void {
  const left = op.inputOf('stream');
  const right = op.inputOf('globalTable', 'right');
  const by = selectorOf(op.field('by'));
  const joiner = joinerOf(op.field('joiner'));
  const withKey = op.flag('withKey');
  const select = (value: Datum, key: Datum): Datum => by.apply(datumOf(key), datumOf(value));
  const join = (value: Datum, row: Present | null, key: Datum): Datum =>
    joiner.apply(withKey ? datumOf(key) : null, datumOf(value), datumOf(row));
  const types = { key: left.key, value: joiner.type(left.value, right.value) };
  switch (op.text('kind')) {
    case 'inner':
      op.put({ kind: 'stream', stream: left.stream.join(right.table, select, join, { name: op.name }), ...types });
      return;
    case 'left':
      op.put({ kind: 'stream', stream: left.stream.leftJoin(right.table, select, join, { name: op.name }), ...types });
      return;
    default:
      throw new CaseFormatError(`unknown kind of global join ${JSON.stringify(op.field('kind'))}`);
  }
}
