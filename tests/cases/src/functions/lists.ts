/** Functions of a value that yield a list of values, or null instead of one. */
import { codePoints, type Datum, text } from '../datum.ts';
import type { Json } from '../json.ts';
import { FunctionSpec } from './spec.ts';

export type ListFunction = (value: Datum) => readonly Datum[] | null;

export function listFunctionOf(json: Json | undefined): ListFunction {
  const spec = new FunctionSpec(json);
  switch (spec.name) {
    case 'chars':
      return (value) => (value === null ? [] : codePoints(text(value)));
    case 'split': {
      const separator = spec.text(0);
      return (value) => (value === null ? [] : text(value).split(separator));
    }
    case 'repeat': {
      const count = spec.number(0);
      return (value) => Array.from({ length: count }, (_, index) => (value === null ? null : `${text(value)}#${index}`));
    }
    case 'empty':
      return () => [];
    case 'nullList':
      return () => null;
    default:
      throw spec.unknown('list function');
  }
}
