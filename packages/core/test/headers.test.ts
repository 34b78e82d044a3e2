/** Headers as users give them: text is UTF-8 wherever it comes from, and what is no header is refused. */
import { Headers, StreamRecord } from '@millrace/core';
import { expect, test } from 'vitest';

const text = { key: 'h', value: 'text' } as never;
const utf8 = [{ key: 'h', value: Buffer.from('text') }];

test('text becomes UTF-8 in add, in a list, and in a record', () => {
  expect(new Headers().add('h', 'text').toArray()).toEqual(utf8);
  expect(Headers.of([text]).toArray()).toEqual(utf8);
  expect(new Headers([text]).toArray()).toEqual(utf8);
  expect(StreamRecord.plain('k', 'v', 1).withHeaders([text]).headers.toArray()).toEqual(utf8);
  expect(StreamRecord.of({ key: 'k', value: 'v', timestamp: 1, headers: [text] }).headers.toArray()).toEqual(utf8);
});

test('a copy of headers changes on its own', () => {
  const given = new Headers().add('h', null);
  const copy = Headers.of(given).add('i', null);
  expect([given.size, copy.size]).toEqual([1, 2]);
});

test('headers are not those of the list that was given', () => {
  const list = [{ key: 'h', value: null }];
  const headers = [new Headers(list), Headers.of(list), StreamRecord.plain('k', 'v', 1).withHeaders(list).headers];
  list.push({ key: 'later', value: null });
  expect(headers.map(({ size }) => size)).toEqual([1, 1, 1]);
});

test.each<[string, unknown, RegExp]>([
  ['an object of names', { a: 'b' }, /headers must be a list of \{ key, value \}, got an object/],
  ['null', null, /headers must be a list/],
  ['a number', 5, /headers must be a list of \{ key, value \}, got 5/],
  ['text', 'abc', /headers must be a list of \{ key, value \}, got "abc"/],
  ['a map', new Map([['a', 'b']]), /headers must be a list of \{ key, value \}, got an object/],
  ['a promise', Promise.resolve([]), /headers must be a list/],
  ['a list of texts', ['a'], /headers must be a list of \{ key, value \}, got "a" in it/],
  ['a list of pairs', [['a', 'b']], /headers must be a list of \{ key, value \}, got an array in it/],
  ['a list with null', [null], /got null in it/],
  ['a number as name', [{ key: 5, value: null }], /the name of a header must be text, got 5/],
  ['a number as value', [{ key: 'h', value: 4 }], /the value of the header "h" must be bytes, text or null, got 4/],
  ['no value', [{ key: 'h' }], /the value of the header "h" must be bytes, text or null, got undefined/],
])('%s is refused', (_what, headers, message) => {
  expect(() => Headers.of(headers as never)).toThrow(message);
  expect(() => new Headers(headers as never)).toThrow(message);
  const refused = expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' });
  expect(() => StreamRecord.of({ key: 'k', value: 'v', timestamp: 1, headers: headers as never })).toThrow(refused);
  expect(() => StreamRecord.plain('k', 'v', 1).withHeaders(headers as never)).toThrow(refused);
});

test('add refuses a name that is no text', () => {
  expect(() => new Headers().add(5 as never, 'x')).toThrow(/MR_ARGUMENT_INVALID: the name of a header must be text, got 5/);
});
