/** Tests of one datum. Null gives false unless the test is about null. */
import { crc32, i64, text, type Datum } from '../datum.ts';
import type { Json } from '../json.ts';
import { FunctionSpec } from './spec.ts';

export type Test = (datum: Datum) => boolean;

/** What `throwIf` throws. */
export class UserFunctionError extends Error {
  override readonly name = 'UserFunctionError';

  constructor(datum: Datum) {
    super(`user function failed on ${text(datum)}`);
  }
}

export function testOf(json: Json | undefined): Test {
  const spec = new FunctionSpec(json);
  switch (spec.name) {
    case 'isNull':
      return (x) => x === null;
    case 'notNull':
      return (x) => x !== null;
    case 'eq':
      return ofText(spec, (x, wanted) => x === wanted);
    case 'startsWith':
      return ofText(spec, (x, wanted) => x.startsWith(wanted));
    case 'contains':
      return ofText(spec, (x, wanted) => x.includes(wanted));
    case 'crc32': {
      const [modulus, rest] = [spec.number(0), spec.number(1)];
      return (x) => x !== null && crc32(x) % modulus === rest;
    }
    case 'lt': {
      const bound = BigInt(spec.number(0));
      return (x) => x !== null && i64(x) < bound;
    }
    case 'gt': {
      const bound = BigInt(spec.number(0));
      return (x) => x !== null && i64(x) > bound;
    }
    case 'not': {
      const inner = testOf(spec.json(0));
      return (x) => !inner(x);
    }
    default:
      throw spec.unknown('test');
  }
}

/** Passes the datum on unless the test holds for it. */
export function throwIf(test: Test, datum: Datum): Datum {
  if (test(datum)) throw new UserFunctionError(datum);
  return datum;
}

function ofText(spec: FunctionSpec, holds: (x: string, wanted: string) => boolean): Test {
  const wanted = spec.text(0);
  return (x) => x !== null && holds(text(x), wanted);
}
