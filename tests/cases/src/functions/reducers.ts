/** Reducers and session mergers: the aggregate, or the left side, and one more. */
import { type Datum, i64, text, wrap } from '../datum.ts';
import type { Json } from '../json.ts';
import { bagAdd, bagRemove } from './bags.ts';
import { FunctionSpec } from './spec.ts';
import { testOf, throwIf } from './tests.ts';

export type CaseReducer = (a: Datum, b: Datum) => Datum;

export function reducerOf(json: Json | undefined): CaseReducer {
  const spec = new FunctionSpec(json);
  switch (spec.name) {
    case 'concat': {
      const separator = spec.textOr(0, '');
      return (a, b) => text(a) + separator + text(b);
    }
    case 'bagAdd':
      return bagAdd;
    case 'bagRemove':
      return bagRemove;
    case 'sumI64':
      return (a, b) => wrap(i64(a) + i64(b));
    case 'subI64':
      return (a, b) => wrap(i64(a) - i64(b));
    case 'minI64':
      return (a, b) => (i64(a) < i64(b) ? i64(a) : i64(b));
    case 'maxI64':
      return (a, b) => (i64(a) > i64(b) ? i64(a) : i64(b));
    case 'first':
      return (a) => a;
    case 'last':
      return (_a, b) => b;
    case 'toNull':
      return () => null;
    case 'nullIf': {
      const test = testOf(spec.json(0));
      const inner = reducerOf(spec.json(1));
      return (a, b) => {
        const result = inner(a, b);
        return test(result) ? null : result;
      };
    }
    case 'throwIf': {
      const test = testOf(spec.json(0));
      const inner = reducerOf(spec.json(1));
      return (a, b) => throwIf(test, inner(a, b));
    }
    default:
      throw spec.unknown('reducer');
  }
}
