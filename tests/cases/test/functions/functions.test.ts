/** The vocabulary of the format: a table of functions, arguments and results. */
import { describe, expect, it } from 'vitest';
import { crc32, type Datum, datumFromJson, datumToBytes, datumToJson, i64, text } from '../../src/datum.ts';
import { aggregatorOf } from '../../src/functions/aggregators.ts';
import { joinerOf } from '../../src/functions/joiners.ts';
import { listFunctionOf } from '../../src/functions/lists.ts';
import { predicateOf } from '../../src/functions/predicates.ts';
import { reducerOf } from '../../src/functions/reducers.ts';
import { selectorOf } from '../../src/functions/selectors.ts';
import { testOf, UserFunctionError } from '../../src/functions/tests.ts';
import { unaryOf } from '../../src/functions/unary.ts';
import { CaseFormatError, type Json } from '../../src/json.ts';
import type { ValueType } from '../../src/value-type.ts';

const most = 2n ** 63n - 1n;
const least = -(2n ** 63n);
const bytes = Uint8Array.of(0, 1);

describe('data', () => {
  it.each<[Datum, Json]>([
    [null, null],
    ['abc', 'abc'],
    [-7n, { i64: '-7' }],
    [most, { i64: '9223372036854775807' }],
    [bytes, { b64: 'AAE=' }],
  ])('%o has the JSON %j', (datum, json) => {
    expect(datumToJson(datum)).toEqual(json);
    expect(datumFromJson(json)).toEqual(datum);
  });

  it.each<[Datum, string, bigint]>([
    [null, 'null', 0n],
    ['a1b2', 'a1b2', 12n],
    ['-3x', '-3x', -3n],
    ['99999999999999999999', '99999999999999999999', 7766279631452241919n],
    [5n, '5', 5n],
    [bytes, 'AAE=', 0n],
  ])('%o is the text %s and the number %d', (datum, shown, number) => {
    expect(text(datum)).toBe(shown);
    expect(i64(datum)).toBe(number);
  });

  it('has bytes on a topic', () => {
    expect(datumToBytes(-2n)).toEqual(Buffer.from('fffffffffffffffe', 'hex'));
    expect(datumToBytes('é')).toEqual(Buffer.from([0xc3, 0xa9]));
    expect(crc32('123456789')).toBe(0xcbf43926);
  });

  it('refuses what is none', () => {
    expect(() => datumFromJson(3)).toThrow(CaseFormatError);
    expect(() => datumFromJson({ u64: '1' })).toThrow(CaseFormatError);
  });
});

describe('tests of a datum', () => {
  it.each<[Json, Datum, boolean]>([
    ['isNull', null, true],
    ['isNull', 'a', false],
    ['notNull', null, false],
    [['eq', '5'], 5n, true],
    [['eq', 'null'], null, false],
    [['startsWith', 'ab'], 'abc', true],
    [['contains', 'x'], 'abc', false],
    [['crc32', 7, 0xcbf43926 % 7], '123456789', true],
    [['lt', 3], 'a2', true],
    [['lt', 3], null, false],
    [['gt', -4], '-3', true],
    [['not', ['eq', 'a']], null, true],
  ])('%j of %o is %s', (json, datum, result) => {
    expect(testOf(json)(datum)).toBe(result);
    expect(predicateOf(['key', json])(datum, 'other')).toBe(result);
    expect(predicateOf(['value', json])('other', datum)).toBe(result);
    expect(predicateOf(['not', ['value', json]])('other', datum)).toBe(!result);
  });
});

describe('functions of a datum', () => {
  it.each<[Json, Datum, Datum, ValueType]>([
    ['identity', 5n, 5n, 'i64'],
    ['text', 5n, '5', 'utf8'],
    ['text', null, null, 'utf8'],
    ['nullToText', null, 'null', 'utf8'],
    ['upperAscii', 'aéz', 'AéZ', 'utf8'],
    [['append', '!'], 'a', 'a!', 'utf8'],
    [['prepend', '!'], 'a', '!a', 'utf8'],
    [['prefix', 2], '\u{1F30A}bc', '\u{1F30A}b', 'utf8'],
    [['drop', 1], '\u{1F30A}bc', 'bc', 'utf8'],
    ['firstChar', '', '', 'utf8'],
    [['crcMod', 10], '123456789', `c${0xcbf43926 % 10}`, 'utf8'],
    ['len', 'é', 2n, 'i64'],
    ['parseI64', 'x12', 12n, 'i64'],
    [['addI64', 1], most, least, 'i64'],
    ['bytes', 'a', Buffer.from('a'), 'bytes'],
    ['toNull', 5n, null, 'i64'],
    [['const', { i64: '3' }], null, 3n, 'i64'],
    [['nullIf', ['eq', 'a']], 'a', null, 'utf8'],
    [['nullIf', ['eq', 'a']], 'b', 'b', 'utf8'],
  ])('%j of %o is %o', (json, datum, result, type) => {
    const unary = unaryOf(json);
    expect(unary.apply(datum)).toEqual(result);
    expect(unary.type(typeof datum === 'bigint' ? 'i64' : 'utf8')).toBe(type);
  });

  it('throw where they are asked to', () => {
    expect(() => unaryOf(['throwIf', ['eq', 'a']]).apply('a')).toThrow(new UserFunctionError('a'));
    expect(unaryOf(['throwIf', ['eq', 'a']]).apply('b')).toBe('b');
  });
});

describe('selectors', () => {
  it.each<[Json, Datum, ValueType]>([
    ['key', 'k', 'utf8'],
    [['value'], 7n, 'i64'],
    [['value', 'text', ['append', '!']], '7!', 'utf8'],
    [['both'], 'k|7', 'utf8'],
    [['both', '-'], 'k-7', 'utf8'],
    [['const', 'c'], 'c', 'utf8'],
    ['null', null, 'utf8'],
  ])('%j of (k, 7) is %o', (json, result, type) => {
    const selector = selectorOf(json);
    expect(selector.apply('k', 7n)).toEqual(result);
    expect(selector.type('utf8', 'i64')).toBe(type);
  });
});

describe('lists', () => {
  it.each<[Json, Datum, readonly Datum[] | null]>([
    ['chars', 'a\u{1F30A}', ['a', '\u{1F30A}']],
    ['chars', null, []],
    [['split', ','], ',a,', ['', 'a', '']],
    [['split', ','], null, []],
    [['repeat', 2], 'a', ['a#0', 'a#1']],
    [['repeat', 2], null, [null, null]],
    ['empty', 'a', []],
    ['nullList', 'a', null],
  ])('%j of %o is %o', (json, datum, result) => {
    expect(listFunctionOf(json)(datum)).toEqual(result);
  });
});

describe('aggregators', () => {
  it.each<[Json, Datum, Datum, Datum, ValueType]>([
    [['append'], 'b', 'a', 'ab', 'utf8'],
    [['append', '-'], 'b', null, 'null-b', 'utf8'],
    ['bagAdd', 'b', 'a,c', 'a,b,c', 'utf8'],
    ['bagAdd', 'b', '', 'b', 'utf8'],
    ['bagRemove', 'a', 'a,b,a', 'b,a', 'utf8'],
    ['bagRemove', 'x', 'a', 'a', 'utf8'],
    ['sumI64', '2', 3n, 5n, 'i64'],
    ['sumI64', '1', most, least, 'i64'],
    ['subI64', '2', 3n, 1n, 'i64'],
    ['minI64', '2', 3n, 2n, 'i64'],
    ['maxI64', '2', 3n, 3n, 'i64'],
    ['countI64', 'x', 3n, 4n, 'i64'],
    ['uncountI64', 'x', 3n, 2n, 'i64'],
    ['last', 'b', 'a', 'b', 'utf8'],
    ['first', 'b', 'a', 'a', 'utf8'],
    ['first', 'b', '', 'b', 'utf8'],
    ['toNull', 'b', 'a', null, 'utf8'],
    [['nullIf', ['eq', '5'], 'sumI64'], '2', 3n, null, 'i64'],
  ])('%j of value %o and aggregate %o is %o', (json, value, aggregate, result, type) => {
    const aggregator = aggregatorOf(json);
    expect(aggregator.apply('k', value, aggregate)).toEqual(result);
    expect(aggregator.type('utf8')).toBe(type);
  });

  it('throw where they are asked to', () => {
    expect(() => aggregatorOf(['throwIf', ['eq', '5'], 'sumI64']).apply('k', '2', 3n)).toThrow(UserFunctionError);
  });
});

describe('reducers and joiners', () => {
  it.each<[Json, Datum]>([
    [['concat'], '52'],
    [['concat', '+'], '5+2'],
    ['bagAdd', '2,5'],
    ['bagRemove', '5'],
    ['sumI64', 7n],
    ['subI64', 3n],
    ['minI64', 2n],
    ['maxI64', 5n],
    ['first', 5n],
    ['last', 2n],
    ['toNull', null],
    [['nullIf', ['eq', '7'], 'sumI64'], null],
  ])('the reducer %j of 5 and 2 gives %o', (json, result) => {
    expect(reducerOf(json)(5n, 2n)).toEqual(result);
  });

  it.each<[Json | undefined, Datum, ValueType]>([
    [undefined, '5+x', 'utf8'],
    [['concat', '/'], '5/x', 'utf8'],
    ['concatKey', 'k:5+x', 'utf8'],
    ['left', 5n, 'i64'],
    ['right', 'x', 'utf8'],
    ['sumI64', 5n, 'i64'],
    ['toNull', null, 'utf8'],
    [['nullIf', ['eq', '5'], 'left'], null, 'i64'],
  ])('the joiner %j of 5 and x gives %o', (json, result, type) => {
    const joiner = joinerOf(json);
    expect(joiner.apply('k', 5n, 'x')).toEqual(result);
    expect(joiner.type('i64', 'utf8')).toBe(type);
  });

  it('throw where they are asked to', () => {
    expect(() => reducerOf(['throwIf', ['eq', '7'], 'sumI64'])(5n, 2n)).toThrow(UserFunctionError);
    expect(() => joinerOf(['throwIf', ['eq', '5'], 'left']).apply('k', 5n, 'x')).toThrow(UserFunctionError);
  });
});

describe('words that the format does not have', () => {
  it.each<[string, (json: Json) => unknown]>([
    ['test', testOf],
    ['predicate', predicateOf],
    ['function', unaryOf],
    ['selector', selectorOf],
    ['list function', listFunctionOf],
    ['aggregator', aggregatorOf],
    ['reducer', reducerOf],
    ['joiner', joinerOf],
  ])('are refused as %s', (kind, parse) => {
    expect(() => parse('nonsense')).toThrow(new CaseFormatError(`unknown ${kind}: nonsense`));
    expect(() => parse(7)).toThrow(CaseFormatError);
    expect(() => parse(['eq'])).toThrow(CaseFormatError);
  });
});
