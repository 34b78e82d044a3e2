/** Aggregators: key, value and aggregate to the next aggregate. */
import { type Datum, i64, text, wrap } from '../datum.ts';
import type { Json } from '../json.ts';
import type { ValueType } from '../value-type.ts';
import { bagAdd, bagRemove } from './bags.ts';
import { FunctionSpec } from './spec.ts';
import { testOf, throwIf } from './tests.ts';

export interface CaseAggregator {
  apply(key: Datum, value: Datum, aggregate: Datum): Datum;
  /** Type of the aggregate for a type of the values. */
  type(value: ValueType): ValueType;
}

export function aggregatorOf(json: Json | undefined): CaseAggregator {
  const spec = new FunctionSpec(json);
  switch (spec.name) {
    case 'append': {
      const separator = spec.textOr(0, '');
      return { apply: (_key, value, aggregate) => text(aggregate) + separator + text(value), type: () => 'utf8' };
    }
    case 'bagAdd':
      return { apply: (_key, value, aggregate) => bagAdd(aggregate, value), type: () => 'utf8' };
    case 'bagRemove':
      return { apply: (_key, value, aggregate) => bagRemove(aggregate, value), type: () => 'utf8' };
    case 'sumI64':
      return numbers((value, aggregate) => aggregate + value);
    case 'subI64':
      return numbers((value, aggregate) => aggregate - value);
    case 'minI64':
      return numbers((value, aggregate) => (value < aggregate ? value : aggregate));
    case 'maxI64':
      return numbers((value, aggregate) => (value > aggregate ? value : aggregate));
    case 'countI64':
      return numbers((_value, aggregate) => aggregate + 1n);
    case 'uncountI64':
      return numbers((_value, aggregate) => aggregate - 1n);
    case 'last':
      return { apply: (_key, value) => value, type: (value) => value };
    case 'first':
      return { apply: (_key, value, aggregate) => (aggregate === null || aggregate === '' ? value : aggregate), type: (value) => value };
    case 'toNull':
      return { apply: () => null, type: () => 'utf8' };
    case 'nullIf':
    case 'throwIf': {
      const test = testOf(spec.json(0));
      const inner = aggregatorOf(spec.json(1));
      const check = spec.name === 'nullIf' ? (x: Datum): Datum => (test(x) ? null : x) : (x: Datum): Datum => throwIf(test, x);
      return { apply: (key, value, aggregate) => check(inner.apply(key, value, aggregate)), type: (value) => inner.type(value) };
    }
    default:
      throw spec.unknown('aggregator');
  }
}

function numbers(apply: (value: bigint, aggregate: bigint) => bigint): CaseAggregator {
  return { apply: (_key, value, aggregate) => wrap(apply(i64(value), i64(aggregate))), type: () => 'i64' };
}
