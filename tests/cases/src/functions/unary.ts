/** Functions of one datum. Null gives null unless the function says otherwise. */
import type { Windowed } from '@millrace/core';
import { crc32, type Datum, datumFromJson, datumToBytes, i64, prefixOf, text, wrap } from '../datum.ts';
import type { Json } from '../json.ts';
import { baseOf, typeOf, type ValueType } from '../value-type.ts';
import { innerKeyOf } from '../windowed-key.ts';
import { FunctionSpec } from './spec.ts';
import { testOf, throwIf } from './tests.ts';

export interface Unary {
  apply(datum: Datum): Datum;
  /** Type of the result for a type of the argument. */
  type(argument: ValueType): ValueType;
}

export function unaryOf(json: Json | undefined): Unary {
  const spec = new FunctionSpec(json);
  switch (spec.name) {
    case 'identity':
      return keepingType((x) => x);
    case 'text':
      return toText((x) => x);
    case 'nullToText':
      return { apply: text, type: () => 'utf8' };
    case 'upperAscii':
      return toText((x) => x.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()));
    case 'append': {
      const suffix = spec.text(0);
      return toText((x) => x + suffix);
    }
    case 'prepend': {
      const prefix = spec.text(0);
      return toText((x) => prefix + x);
    }
    case 'prefix': {
      const count = spec.number(0);
      return toText((x) => prefixOf(x, count));
    }
    case 'drop': {
      const count = spec.number(0);
      return toText((x) => x.slice(prefixOf(x, count).length));
    }
    case 'firstChar':
      return toText((x) => prefixOf(x, 1));
    case 'crcMod': {
      const modulus = spec.number(0);
      return { apply: (x) => (x === null ? null : `c${crc32(x) % modulus}`), type: () => 'utf8' };
    }
    case 'len':
      return toNumber((x) => BigInt(Buffer.byteLength(text(x))));
    case 'parseI64':
      return toNumber(i64);
    case 'addI64': {
      const summand = BigInt(spec.number(0));
      return toNumber((x) => i64(x) + summand);
    }
    case 'bytes':
      return { apply: (x) => (x === null ? null : datumToBytes(text(x))), type: () => 'bytes' };
    case 'toNull':
      return keepingType(() => null);
    case 'const': {
      const constant = datumFromJson(spec.json(0));
      return { apply: () => constant, type: () => typeOf(constant) };
    }
    case 'nullIf': {
      const test = testOf(spec.json(0));
      return keepingType((x) => (test(x) ? null : x));
    }
    case 'throwIf': {
      const test = testOf(spec.json(0));
      return keepingType((x) => throwIf(test, x));
    }
    case 'innerKey':
      return { apply: innerKeyOf, type: baseOf };
    case 'windowStart':
      return toNumber((x) => BigInt((x as Windowed<unknown>).window.start));
    default:
      throw spec.unknown('function');
  }
}

function keepingType(apply: (x: Datum) => Datum): Unary {
  return { apply, type: (argument) => argument };
}

function toText(apply: (x: string) => string): Unary {
  return { apply: (x) => (x === null ? null : apply(text(x))), type: () => 'utf8' };
}

function toNumber(apply: (x: Datum) => bigint): Unary {
  return { apply: (x) => (x === null ? null : wrap(apply(x))), type: () => 'i64' };
}
