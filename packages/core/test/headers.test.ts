/** Headers as users give them: text is UTF-8 wherever it comes from, and what is no header is refused. */
import { Headers, StreamRecord } from '@millrace/core';
import { expect, test } from 'vitest';

const text = { key: 'h', value: 'text' } as never;
const utf8 = [{ key: 'h', value: Buffer.from('text') }];

test('text becomes UTF-8 in add, in a list, and in a record', () => {
  expect(new Headers().add('h', 'text').toArray()).toEqual(utf8);
  expect(Headers.of([text]).toArray()).toEqual(utf8);
  expect(StreamRecord.of({ key: 'k', value: 'v', timestamp: 1, headers: [text] }).headers.toArray()).toEqual(utf8);
});

test('a copy of headers changes on its own', () => {
  const given = new Headers().add('h', null);
  const copy = Headers.of(given).add('i', null);
  expect([given.size, copy.size]).toEqual([1, 2]);
});

test.each<[string, unknown, RegExp]>([
  ['an object of names', { a: 'b' }, /headers must be a list of \{ key, value \}, got an object/],
  ['null', null, /headers must be a list/],
  ['a list of texts', ['a'], /the name of a header must be text, got undefined/],
  ['a number as name', [{ key: 5, value: null }], /the name of a header must be text, got 5/],
  ['a number as value', [{ key: 'h', value: 4 }], /the value of the header "h" must be bytes, text or null, got 4/],
  ['no value', [{ key: 'h' }], /the value of the header "h" must be bytes, text or null, got undefined/],
])('%s is refused', (_what, headers, message) => {
  expect(() => Headers.of(headers as never)).toThrow(message);
  expect(() => StreamRecord.of({ key: 'k', value: 'v', timestamp: 1, headers: headers as never })).toThrow(
    expect.objectContaining({ code: 'MR_ARGUMENT_INVALID' }),
  );
});

test('add refuses a name that is no text', () => {
  expect(() => new Headers().add(5 as never, 'x')).toThrow(/MR_ARGUMENT_INVALID: the name of a header must be text, got 5/);
});
