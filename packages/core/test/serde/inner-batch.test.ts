/** A serde around another hands on what that one must prepare for: exactly the ranges that it will decode. */
import { Change, type Serde, serdes, Windowed } from '@millrace/core';
import { type FetchedRecords, topicPartition } from '@millrace/core/kafka';
import { expect, test } from 'vitest';
import { Response, ResponseSerde } from '../../src/operators/foreign-key/response.ts';
import { instructions, Subscription, SubscriptionSerde } from '../../src/operators/foreign-key/subscription.ts';
import { ByteWriter } from '../../src/serde/byte-writer.ts';
import { ChangeSerde } from '../../src/serde/change-serde.ts';
import { FetchedRecords as Batch } from '../../src/kafka/fetched-records.ts';

/** A text serde that notes what it is to prepare for. */
function noting(): { readonly serde: Serde<string>; readonly seen: string[]; readonly opened: string[] } {
  const inner = serdes.string();
  const seen: string[] = [];
  const opened: string[] = [];
  const serde: Serde<string> = {
    immutable: true,
    primitive: true,
    format: undefined,
    decode: (buffer, start, end) => inner.decode(buffer, start, end),
    encodeInto: (value, writer) => inner.encodeInto(value, writer),
    open: ({ purpose }) => void opened.push(purpose),
    prepare: (batch: FetchedRecords) => {
      for (let i = 0; i < batch.count; i++) seen.push(inner.decode(batch.buffer, batch.valueStart(i), batch.valueEnd(i)));
    },
  };
  return { serde, seen, opened };
}

function batchOf<T>(serde: Serde<T>, role: 'key' | 'value', values: readonly (T | Uint8Array)[]): FetchedRecords {
  const writer = new ByteWriter();
  const positions = new Int32Array(values.length * 5).fill(-1);
  values.forEach((value, i) => {
    const start = writer.position;
    if (value instanceof Uint8Array) writer.writeBytes(value);
    else serde.encodeInto(value, writer);
    positions[i * 5 + (role === 'key' ? 0 : 2)] = start;
    positions[i * 5 + (role === 'key' ? 1 : 3)] = writer.position;
  });
  const { length } = values;
  return new Batch(topicPartition('t', 0), length, length, {
    buffer: writer.buffer,
    offsets: new Float64Array(length),
    timestamps: new Float64Array(length),
    positions,
  });
}

const hash = '\0'.repeat(16);

test.each<[string, (inner: Serde<string>) => Serde<unknown>, 'key' | 'value', readonly unknown[], readonly string[]]>([
  [
    'changes',
    (inner) => new ChangeSerde(inner),
    'value',
    [new Change('new', 'old', true), new Change(null, 'gone', true), new Change('made', null, true), new Uint8Array([9])],
    ['new', 'old', 'gone', 'made'],
  ],
  ['keys of time windows', (inner) => serdes.timeWindowed(inner, { size: 10 }), 'key', [new Windowed('k', { start: 0, end: 10 })], ['k']],
  ['keys of sessions', (inner) => serdes.sessionWindowed(inner), 'key', [new Windowed('k', { start: 0, end: 10 })], ['k']],
  [
    'subscriptions',
    (inner) => new SubscriptionSerde(inner, { topic: 't', keyTopic: 'k' }),
    'value',
    [
      new Subscription('pk', instructions.answerAlways, hash, 3),
      new Subscription('old', instructions.forget, null, undefined),
      new Uint8Array([1]),
    ],
    ['pk', 'old'],
  ],
  [
    'responses',
    (inner) => new ResponseSerde(inner),
    'value',
    [new Response(hash, 'value', undefined), new Response(null, null, undefined)],
    ['value'],
  ],
])('%s', (_name, around, role, values, expected) => {
  const { opened, seen, serde } = noting();
  const outer = around(serde);

  void outer.open?.({ purpose: 'sink', kept: new Map(), keep: () => {} });
  void outer.prepare?.(batchOf(outer, role, values as Uint8Array[]), role);

  expect(seen).toEqual(expected);
  expect(opened).toEqual(['sink']);
});

test('a serde around one that prepares nothing prepares nothing', () => {
  expect(new ChangeSerde(serdes.string()).prepare).toBeUndefined();
  expect(serdes.timeWindowed(serdes.string(), { size: 1 }).prepare).toBeUndefined();
});
