/** Joiners: key, left and right to one. */
import { type Datum, i64, text, wrap } from '../datum.ts';
import type { Json } from '../json.ts';
import type { ValueType } from '../value-type.ts';
import { FunctionSpec } from './spec.ts';
import { testOf, throwIf } from './tests.ts';

export interface CaseJoiner {
  apply(key: Datum, left: Datum, right: Datum): Datum;
  type(left: ValueType, right: ValueType): ValueType;
}

/** A missing joiner is `concat`. */
export function joinerOf(json: Json | undefined): CaseJoiner {
  const spec = new FunctionSpec(json ?? 'concat');
  switch (spec.name) {
    case 'concat': {
      const separator = spec.textOr(0, '+');
      return { apply: (_key, left, right) => text(left) + separator + text(right), type: () => 'utf8' };
    }
    case 'concatKey':
      return { apply: (key, left, right) => `${text(key)}:${text(left)}+${text(right)}`, type: () => 'utf8' };
    case 'left':
      return { apply: (_key, left) => left, type: (left) => left };
    case 'right':
      return { apply: (_key, _left, right) => right, type: (_left, right) => right };
    case 'sumI64':
      return { apply: (_key, left, right) => wrap(i64(left) + i64(right)), type: () => 'i64' };
    case 'toNull':
      return { apply: () => null, type: () => 'utf8' };
    case 'nullIf':
    case 'throwIf': {
      const test = testOf(spec.json(0));
      const inner = joinerOf(spec.json(1));
      const check = spec.name === 'nullIf' ? (x: Datum): Datum => (test(x) ? null : x) : (x: Datum): Datum => throwIf(test, x);
      return { apply: (key, left, right) => check(inner.apply(key, left, right)), type: (left, right) => inner.type(left, right) };
    }
    default:
      throw spec.unknown('joiner');
  }
}
