/** The bytes of subscriptions, answers and the subscription store's keys: Java's layouts, and what is refused. */
import { expect, test } from 'vitest';
import { CombinedKeys } from '../../../src/operators/foreign-key/combined-key.ts';
import { Response, ResponseSerde } from '../../../src/operators/foreign-key/response.ts';
import { type Instruction, Subscription, SubscriptionSerde } from '../../../src/operators/foreign-key/subscription.ts';
import { ByteWriter } from '../../../src/serde/byte-writer.ts';
import type { Serde, SerdeTarget } from '../../../src/serde/serde.ts';
import { serdes } from '../../../src/serde/serdes.ts';

const hashHex = '00112233445566778899aabbccddeeff';
const hash = Buffer.from(hashHex, 'hex').toString('latin1');
const topics = { topic: 'T-topic', keyTopic: 'T-topic-pk' };
const subscriptions = new SubscriptionSerde(serdes.string(), topics);
const responses = new ResponseSerde(serdes.string());

function hexOf<T>(serde: Serde<T>, value: T): string {
  const writer = new ByteWriter(4);
  serde.encodeInto(value, writer);
  return Buffer.from(writer.toBytes()).toString('hex');
}

function read<T>(serde: Serde<T>, hex: string): T {
  // In the middle of a larger buffer, as records stand in a batch.
  const buffer = Buffer.from(`ffff${hex}ffff`, 'hex');
  return serde.decode(buffer, 2, buffer.length - 2);
}

test.each<[string, Subscription<string>, string]>([
  ['with a hash', new Subscription('pk', 3, hash, 7), `0103${hashHex}706b00000007`],
  ['without a hash', new Subscription('pk', 1, null, 0), '8101706b00000000'],
  ['of version 0', new Subscription('pk', 2, hash, undefined), `0002${hashHex}706b`],
  ['of version 0 without a hash', new Subscription('', 0, null, undefined), '8000'],
])('a subscription %s', (_name, subscription, hex) => {
  expect(hexOf(subscriptions, subscription)).toBe(hex);
  expect(read(subscriptions, hex)).toEqual(subscription);
});

test.each<[string, Response<string>, string]>([
  ['a value', new Response<string>(hash, 'v', undefined), `00${hashHex}76`],
  ['no value', new Response<string>(hash, null, undefined), `00${hashHex}`],
  ['a value without a hash', new Response<string>(null, 'v', undefined), '8076'],
  ['nothing at all', new Response<string>(null, null, undefined), '80'],
])('an answer with %s', (_name, response, hex) => {
  expect(hexOf(responses, response)).toBe(hex);
  expect(read(responses, hex)).toEqual(response);
});

test('the partition of an answer is not among its bytes', () => {
  expect(hexOf(responses, new Response<string>(null, 'v', 5))).toBe('8076');
});

test.each<[string, string, string]>([
  ['cut off in the hash', `0103${hashHex.slice(2)}`, 'cut off'],
  ['cut off in the partition', '8101000000', 'cut off'],
  ['of one byte', '81', 'at least two bytes'],
  ['of a later version', '8201706b00000000', 'unknown version 2'],
  ['with an unknown instruction', '8104706b00000000', 'unknown instruction 4'],
])('a subscription %s is refused', (_name, hex, message) => {
  expect(() => read(subscriptions, hex)).toThrow(message);
});

test.each<[string, string, string]>([
  ['without bytes', '', 'at least one byte'],
  ['of a later version', '01', 'unknown version 1'],
  ['cut off in the hash', '000102', 'cut off'],
])('an answer %s is refused', (_name, hex, message) => {
  expect(() => read(responses, hex)).toThrow(message);
});

test('keys of one foreign key start alike, and with no other foreign key', () => {
  const keys = new CombinedKeys(serdes.string(), serdes.string());
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  expect(hex(keys.prefix('ab'))).toBe('000000026162');
  expect(hex(keys.key('ab', 'c'))).toBe('00000002616263');
  // The same bytes, divided otherwise.
  expect(hex(keys.key('abc', ''))).toBe('00000003616263');
});

test('a serde that is bound to topics learns the topic that stands for the primary key', () => {
  const bound: SerdeTarget[] = [];
  const key: Serde<string> = { ...plain(), bind: (target) => (bound.push(target), plain()) };
  new SubscriptionSerde(key, topics).bind({ topic: 'app-T-topic', role: 'value' });
  new SubscriptionSerde(key, { topic: 'S-changelog', keyTopic: 'T-topic-pk' }).bind({ topic: 'app-S-changelog', role: 'value' });
  expect(bound).toEqual([
    { topic: 'app-T-topic-pk', role: 'key' },
    { topic: 'app-T-topic-pk', role: 'key' },
  ]);
  const value: Serde<string> = { ...plain(), bind: (target) => (bound.push(target), plain()) };
  new ResponseSerde(value).bind({ topic: 'app-R-topic', role: 'value' });
  expect(bound[2]).toEqual({ topic: 'app-R-topic', role: 'value' });
});

test('every instruction has its byte', () => {
  const written = ([0, 1, 2, 3] as const).map((instruction: Instruction) =>
    hexOf(subscriptions, new Subscription('', instruction, null, undefined)),
  );
  expect(written).toEqual(['8000', '8001', '8002', '8003']);
});

function plain(): Serde<string> {
  const text = serdes.string();
  return {
    immutable: true,
    primitive: true,
    format: undefined,
    decode: (buffer, start, end) => text.decode(buffer, start, end),
    encodeInto: (value, writer) => text.encodeInto(value, writer),
  };
}
