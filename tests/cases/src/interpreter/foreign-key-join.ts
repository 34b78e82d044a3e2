/** The operator that joins tables by a foreign key. */
import { type Datum, datumOf, type Present } from '../datum.ts';
import { joinerOf } from '../functions/joiners.ts';
import { selectorOf } from '../functions/selectors.ts';
import { CaseFormatError } from '../json.ts';
import { serdesOnly, storeOf } from './materialization.ts';
import type { Operation } from './operation.ts';

export function fkJoin(op: Operation): void {
  const left = op.inputOf('table');
  const right = op.inputOf('table', 'right');
  const by = selectorOf(op.field('by'));
  const joiner = joinerOf(op.field('joiner'));
  const value = joiner.type(left.value, right.value);
  const withKey = op.flag('withKey');
  const foreignKey = (leftValue: Present, key: Present): Datum => by.apply(withKey ? datumOf(key) : null, datumOf(leftValue));
  const join = (leftValue: Present, rightValue: Present | null): Datum => joiner.apply(null, datumOf(leftValue), datumOf(rightValue));
  const options = { name: op.name, store: storeOf(op, left.key, value) ?? serdesOnly(op, left.key, value) };
  switch (op.text('kind')) {
    case 'inner':
      op.put({ kind: 'table', table: left.table.join(right.table, foreignKey, join, options), key: left.key, value });
      return;
    case 'left':
      op.put({ kind: 'table', table: left.table.leftJoin(right.table, foreignKey, join, options), key: left.key, value });
      return;
    default:
      throw new CaseFormatError(`unknown kind of foreign-key join ${JSON.stringify(op.field('kind'))}`);
  }
}
