import { expect, test } from 'vitest';
import { Change } from '../../src/processor/change.ts';
import { ByteWriter } from '../../src/serde/byte-writer.ts';
import { ChangeSerde } from '../../src/serde/change-serde.ts';
import { serdes } from '../../src/serde/serdes.ts';
import { decode, encode, fc } from './support.ts';

const serde = new ChangeSerde(serdes.string());

// As `ChangedSerializer` writes them (KIP-904).
test.each([
  ['only the old value', new Change<string>(null, 'ab'), '616200'],
  ['only the new value', new Change<string>('ab', null), '616201'],
  ['both: the new one’s length, zig-zag, in front', new Change('ab', 'c'), '0461626302'],
  ['both, the new one empty', new Change('', 'c'), '006302'],
  ['an empty old value', new Change<string>(null, ''), '00'],
  ['a length of two bytes', new Change('x'.repeat(64), ''), `8001${'78'.repeat(64)}02`],
])('bytes of %s', (_name, change, hex) => {
  expect(encode(serde, change).toString('hex')).toBe(hex);
  expect(decode(serde, Buffer.from(hex, 'hex'))).toEqual(change);
});

test.each([
  ['old', '610103', new Change<string>(null, 'a', true)],
  ['new, not the latest', '610004', new Change<string>('a', null, false)],
  ['both', '0261620105', new Change('a', 'b', true)],
])('reads the form that says whether the version is the latest: %s', (_name, hex, change) => {
  expect(decode(serde, Buffer.from(hex, 'hex'))).toEqual(change);
});

test.each([
  ['nothing', ''],
  ['an unknown flag', '6106'],
  ['a length beyond the end', '146162 02'.replace(' ', '')],
  ['a length that never ends', 'ffffffffff02'],
  ['a negative length', '0102'],
  ['a flag for two bytes in one', '03'],
])('refuses %s', (_name, hex) => {
  expect(() => decode(serde, Buffer.from(hex, 'hex'))).toThrow(RangeError);
});

test('a change of nothing to nothing is refused', () => {
  expect(() => encode(serde, new Change<string>(null, null))).toThrow(expect.objectContaining({ code: 'MR_SERIALIZATION' }));
});

test('any change comes back, behind whatever the writer held', () => {
  const value = fc.option(fc.string({ unit: 'grapheme', maxLength: 200 }), { nil: null });
  fc.assert(
    fc.property(value, value, (newValue, oldValue) => {
      fc.pre(newValue !== null || oldValue !== null);
      const change = new Change(newValue, oldValue);
      expect(decode(serde, encode(serde, change))).toEqual(change);
    }),
  );
});

test('binds its inner serde to the topic', () => {
  const targets: string[] = [];
  const inner = {
    ...plain(),
    bind: (target: { topic: string; role: string }) => (targets.push(`${target.topic}/${target.role}`), plain()),
  };
  const bound = new ChangeSerde(inner).bind({ topic: 't', role: 'value' });
  const writer = new ByteWriter();
  bound.encodeInto(new Change('a', null), writer);
  expect(targets).toEqual(['t/value']);
  expect(serde.bind({ topic: 't', role: 'value' })).toBe(serde);
});

function plain() {
  const string = serdes.string();
  return {
    immutable: true,
    primitive: true,
    format: undefined,
    decode: (buffer: Uint8Array, start: number, end: number) => string.decode(buffer, start, end),
    encodeInto: (value: string, writer: ByteWriter) => string.encodeInto(value, writer),
  };
}
