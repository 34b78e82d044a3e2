import { expect, test } from 'vitest';
import { murmur3 } from '../../../src/operators/foreign-key/murmur3.ts';

// Computed by Kafka Streams 4.3.1 (Murmur3.hash128): every length of the last block, signs in every byte.
test.each([
  ['', '9d2764a018e329428c3cf3b035938518'],
  ['a', '3361634e7e0f5188e9c7dda24eae326b'],
  ['hello', '30bfb4f39919e764566aea857401d1c6'],
  ['0123456', '50a4f1e38468e368a1016e77e5544c1b'],
  ['01234567', 'f0f26ea88e93512b6ada05b826e75471'],
  ['012345678', 'b5f283ed11a7d3d5eef5dbc10b8343fe'],
  ['0123456789abcde', 'c480e6b5c0016979a0d033624a7f7904'],
  ['0123456789abcdef', '1a6e941ec6a76967d7d82808f505d6b1'],
  ['0123456789abcdefg', 'a93635c3ece7b605aeed6784d1b08b32'],
  ['the quick brown fox jumps over the lazy dog äöü €', 'd14a8046adb957d4a1f6f5e96875adbd'],
])('the hash of "%s" is that of Kafka Streams', (text, expected) => {
  const bytes = Buffer.from(text);
  expect(Buffer.from(murmur3(bytes, bytes.length)).toString('hex')).toBe(expected);
});

test('bytes of every value count as unsigned, and those behind the length not at all', () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, at) => at & 0xff);
  expect(Buffer.from(murmur3(bytes, 256)).toString('hex')).toBe('b2a226ef10b55db5957be3141432d449');
});
