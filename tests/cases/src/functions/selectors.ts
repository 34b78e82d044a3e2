/** Functions of key and value that yield one datum. */
import { type Datum, datumFromJson, text } from '../datum.ts';
import type { Json } from '../json.ts';
import { typeOf, type ValueType } from '../value-type.ts';
import { FunctionSpec } from './spec.ts';
import { type Unary, unaryOf } from './unary.ts';

export interface Selector {
  apply(key: Datum, value: Datum): Datum;
  type(key: ValueType, value: ValueType): ValueType;
}

export function selectorOf(json: Json | undefined): Selector {
  const spec = new FunctionSpec(json);
  switch (spec.name) {
    case 'key': {
      const chain = chainOf(spec);
      return { apply: (key) => chain.apply(key), type: (key) => chain.type(key) };
    }
    case 'value': {
      const chain = chainOf(spec);
      return { apply: (_key, value) => chain.apply(value), type: (_key, value) => chain.type(value) };
    }
    case 'both': {
      const separator = spec.textOr(0, '|');
      return { apply: (key, value) => text(key) + separator + text(value), type: () => 'utf8' };
    }
    case 'const': {
      const constant = datumFromJson(spec.json(0));
      return { apply: () => constant, type: () => typeOf(constant) };
    }
    case 'null':
      return { apply: () => null, type: () => 'utf8' };
    default:
      throw spec.unknown('selector');
  }
}

/** The functions of the arguments, applied from left to right. */
function chainOf(spec: FunctionSpec): Unary {
  const functions = spec.arguments.map(unaryOf);
  return {
    apply: (x) => functions.reduce((datum, fn) => fn.apply(datum), x),
    type: (argument) => functions.reduce((type, fn) => fn.type(type), argument),
  };
}
