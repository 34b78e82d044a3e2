/** Predicates of key and value. */
import type { Datum } from '../datum.ts';
import type { Json } from '../json.ts';
import { FunctionSpec } from './spec.ts';
import { testOf } from './tests.ts';

export type Predicate = (key: Datum, value: Datum) => boolean;

export function predicateOf(json: Json | undefined): Predicate {
  const spec = new FunctionSpec(json);
  switch (spec.name) {
    case 'always':
      return () => true;
    case 'never':
      return () => false;
    case 'key': {
      const test = testOf(spec.json(0));
      return (key) => test(key);
    }
    case 'value': {
      const test = testOf(spec.json(0));
      return (_key, value) => test(value);
    }
    case 'not': {
      const inner = predicateOf(spec.json(0));
      return (key, value) => !inner(key, value);
    }
    default:
      throw spec.unknown('predicate');
  }
}
