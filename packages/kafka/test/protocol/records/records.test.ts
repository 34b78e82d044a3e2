/** What is built is decoded; what a broker may answer is decoded; what is broken is told. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressionNames, prepareCompression } from '../../../src/protocol/compression/codec.ts';
import { RecordBatchBuilder } from '../../../src/protocol/records/batch-builder.ts';
import { placeBatch, readBatchHeader, stampAppendTime, viewOf } from '../../../src/protocol/records/batch-header.ts';
import { crc32c } from '../../../src/protocol/records/crc32c.ts';
import { appendTo, batch, decode, marker, plain, type PlainRecord, record, tp, values } from './support.ts';

const joined = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts);

const anyHeader: fc.Arbitrary<readonly [string, string | null]> = fc.tuple(
  fc.string({ maxLength: 70 }),
  fc.option(fc.string({ maxLength: 70 }), { nil: null }),
);

const anyRecord: fc.Arbitrary<PlainRecord> = fc.record(
  {
    timestamp: fc.oneof(fc.constant(-1), fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 })),
    key: fc.option(fc.string({ unit: 'binary', maxLength: 90 })),
    value: fc.option(fc.string({ unit: 'binary', maxLength: 300 })),
    headers: fc.array(anyHeader, { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: ['timestamp', 'key', 'value'] },
);

describe('a built batch', () => {
  it.each(compressionNames)('comes back record for record (%s)', async (compression) => {
    await prepareCompression(compression);
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 40 }), fc.nat({ max: 2 ** 40 }), (records, baseOffset) => {
        const decoded = decode(batch(records, baseOffset, { compression }), { position: baseOffset });
        expect(decoded.error).toBeUndefined();
        expect(plain(decoded.batches)).toEqual(records.map((entry, index) => ({ ...entry, offset: baseOffset + index })));
        expect(decoded.nextOffset).toBe(baseOffset + records.length);
      }),
      { numRuns: 60 },
    );
  });

  it('carries what its sender stamps on it', () => {
    const bytes = batch([record('a', { timestamp: 30 }), record('b', { timestamp: 50 }), record('c', { timestamp: 40 })], 9, {
      producerId: 2 ** 40,
      producerEpoch: 3,
      baseSequence: 77,
      isTransactional: true,
    });
    expect(readBatchHeader(viewOf(bytes), 0)).toEqual({
      start: 0,
      end: bytes.length,
      baseOffset: 9,
      lastOffsetDelta: 2,
      leaderEpoch: 7,
      compression: 0,
      hasAppendTime: false,
      isTransactional: true,
      isControl: false,
      baseTimestamp: 30,
      maxTimestamp: 50,
      producerId: 2 ** 40,
      producerEpoch: 3,
      baseSequence: 77,
      recordCount: 3,
    });
  });

  it('refuses a record over its size, takes it into the next, and takes one that is larger than any batch alone', () => {
    const builder = new RecordBatchBuilder({ maxBytes: 200, initialBytes: 64 });
    const big = record('x'.repeat(100));
    expect(appendTo(builder, big)).toBe(true);
    expect(appendTo(builder, big)).toBe(false);
    expect(values(decode(builder.finish()))).toEqual([big.value]);
    const huge = record('y'.repeat(5000));
    expect(appendTo(builder, huge)).toBe(true);
    expect(builder.sizeBytes).toBeGreaterThan(5000);
    expect(appendTo(builder, record('z'))).toBe(false);
    const first = builder.finish();
    expect(appendTo(builder, record('z'))).toBe(true);
    expect(builder.count).toBe(1);
    // The bytes handed over do not change with what is appended later.
    expect(values(decode(first))).toEqual([huge.value]);
  });

  it('is not made of nothing', () => {
    expect(() => new RecordBatchBuilder({ maxBytes: 100 }).finish()).toThrow(/MR_PROTOCOL_UNREPRESENTABLE/);
  });

  it('copies only the range that it is given', () => {
    const source = Buffer.from('..key..value..');
    const builder = new RecordBatchBuilder({ maxBytes: 1000 });
    builder.append(1, source, 2, 5, source, 7, 12, null);
    expect(plain(decode(builder.finish()).batches)).toEqual([{ offset: 0, timestamp: 1, key: 'key', value: 'value' }]);
  });
});

describe('decoding an answer', () => {
  const two = (base: number, name: string): Uint8Array => batch([record(`${name}0`), record(`${name}1`)], base);

  it('puts neighbouring batches into one view', () => {
    const decoded = decode(joined(two(0, 'a'), two(2, 'b'), two(4, 'c')));
    expect(decoded.batches).toHaveLength(1);
    expect(values(decoded)).toEqual(['a0', 'a1', 'b0', 'b1', 'c0', 'c1']);
    expect(decoded.batches[0]?.tp).toBe(tp);
    expect(decoded.batches[0]?.nextOffset).toBe(6);
  });

  it('gives a compressed batch a view of its own, in order', () => {
    const decoded = decode(joined(two(0, 'a'), batch([record('z')], 2, { compression: 'gzip' }), two(3, 'b')));
    expect(decoded.batches.map(({ count, nextOffset }) => [count, nextOffset])).toEqual([
      [2, 2],
      [1, 3],
      [2, 5],
    ]);
    expect(values(decoded)).toEqual(['a0', 'a1', 'z', 'b0', 'b1']);
  });

  it.each([
    [0, ['a0', 'a1', 'b0', 'b1']],
    [1, ['a1', 'b0', 'b1']],
    [2, ['b0', 'b1']],
    [3, ['b1']],
    [4, []],
  ])('leaves out what is below the offset %i that was asked for', (position, expected) => {
    const decoded = decode(joined(two(0, 'a'), two(2, 'b')), { position });
    expect(values(decoded)).toEqual(expected);
    expect(decoded.nextOffset).toBe(4);
  });

  it('stops before a batch that is cut off, wherever that is', () => {
    const whole = two(0, 'a');
    const cut = two(2, 'b');
    for (let length = 0; length < cut.length; length++) {
      const decoded = decode(joined(whole, cut.subarray(0, length)));
      expect([values(decoded), decoded.nextOffset, decoded.cutOffBytes, decoded.error]).toEqual([['a0', 'a1'], 2, length, undefined]);
    }
  });

  it('moves past a batch that compaction left empty, and past offsets that it removed', () => {
    const empty = emptyBatch(5, 4);
    const holed = withLastDelta(two(20, 'b'), 9);
    const decoded = decode(joined(two(0, 'a'), empty, holed));
    expect(values(decoded)).toEqual(['a0', 'a1', 'b0', 'b1']);
    expect(decoded.nextOffset).toBe(30);
    expect(decode(empty, { position: 6 })).toMatchObject({ batches: [], nextOffset: 10 });
  });

  it("takes the broker's time where the topic says so", () => {
    const bytes = batch([record('a', { timestamp: 5 }), record('b', { timestamp: 6 })]);
    stampAppendTime(bytes, 0, 999);
    expect(plain(decode(bytes).batches).map(({ timestamp }) => timestamp)).toEqual([999, 999]);
  });

  it('knows records without a timestamp', () => {
    const bytes = batch([record('a', { timestamp: -1 }), record('b', { timestamp: 6 }), record('c', { timestamp: -1 })]);
    expect(plain(decode(bytes).batches).map(({ timestamp }) => timestamp)).toEqual([-1, 6, -1]);
    expect(readBatchHeader(viewOf(bytes), 0)?.maxTimestamp).toBe(6);
  });

  it('hides markers and moves past them', () => {
    const decoded = decode(joined(two(0, 'a'), marker(2, 1, 'commit'), two(3, 'b'), marker(5, 1, 'abort')));
    expect(values(decoded)).toEqual(['a0', 'a1', 'b0', 'b1']);
    expect(decoded.nextOffset).toBe(6);
    expect(decode(marker(2, 1, 'commit'), { position: 2 })).toMatchObject({ batches: [], nextOffset: 3 });
  });
});

describe('aborted transactions', () => {
  const data = (base: number, producerId: number, name: string): Uint8Array =>
    batch([record(name)], base, { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true });

  // The broker lists them in the order in which they ended: B, A, B.
  const log = joined(
    data(0, 1, 'A aborted'),
    data(1, 2, 'B aborted'),
    batch([record('plain')], 2),
    marker(3, 2, 'abort'),
    data(4, 2, 'B committed'),
    marker(5, 2, 'commit'),
    data(6, 2, 'B aborted again'),
    marker(7, 1, 'abort'),
    data(8, 1, 'A committed'),
    marker(9, 2, 'abort'),
    marker(10, 1, 'commit'),
    data(11, 2, 'B committed again'),
  );
  const abortedTransactions = [
    { producerId: 2, firstOffset: 1 },
    { producerId: 1, firstOffset: 0 },
    { producerId: 2, firstOffset: 6 },
  ];

  it('are hidden from committed readers only', () => {
    const committed = decode(log, { isolation: 'committed', abortedTransactions });
    expect(values(committed)).toEqual(['plain', 'B committed', 'A committed', 'B committed again']);
    expect(committed.nextOffset).toBe(12);
    expect(values(decode(log, { isolation: 'uncommitted', abortedTransactions }))).toHaveLength(7);
  });

  it('hide nothing that is not transactional, and nothing of other producers', () => {
    const bytes = joined(batch([record('same id, plain')], 0, { producerId: 1, producerEpoch: 0, baseSequence: 0 }), data(1, 3, 'other'));
    expect(values(decode(bytes, { isolation: 'committed', abortedTransactions: [{ producerId: 1, firstOffset: 0 }] }))).toEqual([
      'same id, plain',
      'other',
    ]);
  });

  it('agree with a fold of the log, in any order of the list', () => {
    const step = fc.record({ producerId: fc.integer({ min: 1, max: 4 }), kind: fc.constantFrom('data', 'data', 'abort', 'commit') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.infiniteStream(fc.nat()), fc.nat({ max: 70 }), (steps, random, position) => {
        const parts: Uint8Array[] = [];
        const open = new Map<number, { first: number; names: string[] }>();
        const aborted: { producerId: number; firstOffset: number }[] = [];
        const hidden = new Set<string>();
        steps.forEach(({ producerId, kind }, offset) => {
          const transaction = open.get(producerId);
          if (kind === 'data') {
            parts.push(data(offset, producerId, `${offset}`));
            if (transaction === undefined) open.set(producerId, { first: offset, names: [`${offset}`] });
            else transaction.names.push(`${offset}`);
            return;
          }
          parts.push(marker(offset, producerId, kind === 'abort' ? 'abort' : 'commit'));
          open.delete(producerId);
          if (kind !== 'abort' || transaction === undefined || offset < position) return;
          aborted.push({ producerId, firstOffset: transaction.first });
          for (const name of transaction.names) hidden.add(name);
        });
        const keys = [...random.take(aborted.length)];
        const shuffled = aborted.map((entry, index) => ({ entry, key: keys[index] ?? 0 })).sort((a, b) => a.key - b.key);
        const decoded = decode(joined(...parts.slice(position)), {
          position,
          isolation: 'committed',
          abortedTransactions: shuffled.map(({ entry }) => entry),
        });
        const expected = steps.flatMap(({ kind }, offset) =>
          kind === 'data' && offset >= position && !hidden.has(`${offset}`) ? [`${offset}`] : [],
        );
        expect(values(decoded)).toEqual(expected);
      }),
    );
  });
});

describe('broken bytes', () => {
  const good = batch([record('good')], 0);

  it('are found by the checksum, whichever byte it is, and lose nothing before them', () => {
    const bad = batch([record('bad', { headers: [['h', 'v']] })], 1);
    for (let at = 21; at < bad.length; at++) {
      const bytes = joined(good, bad);
      bytes[good.length + at] = (bytes[good.length + at] ?? 0) ^ 0x10;
      const decoded = decode(bytes);
      expect(values(decoded)).toEqual(['good']);
      expect(decoded.nextOffset).toBe(1);
      expect(decoded.error).toMatchObject({ code: 'MR_RECORDS_CORRUPT', details: { offset: 1 } });
    }
  });

  it('with a right checksum never crash the decoder and never reach beyond the batch', () => {
    const source = batch([record('v1', { headers: [['name', 'content']] }), record('v2'), record('v3')], 4);
    const mutation = fc.array(fc.tuple(fc.integer({ min: 21, max: source.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(mutation, (changes) => {
        const bytes = new Uint8Array(source);
        for (const [at, value] of changes) bytes[at] = value;
        renewChecksum(bytes);
        const answer = joined(bytes, Buffer.alloc(200, 0x55));
        const decoded = decode(answer);
        for (const view of decoded.batches) {
          const end = view.buffer === answer ? bytes.length : view.buffer.length;
          for (let index = 0; index < view.count; index++) {
            const headerBytes = view
              .headers(index)
              .toArray()
              .reduce((sum, { key, value }) => sum + Buffer.byteLength(key) + (value?.length ?? 0), 0);
            expect(Math.max(view.keyEnd(index), view.valueEnd(index)) + headerBytes).toBeLessThanOrEqual(end);
          }
        }
        expect(decoded.error?.code ?? 'MR_RECORDS_FINE').toMatch(/^MR_(RECORDS|COMPRESSION)_/);
      }),
      { numRuns: 1500 },
    );
  });

  it('of any kind, with any header, end in views or an error and never in an exception', () => {
    const junk = fc.tuple(fc.constantFrom(0, 1, 2, 2, 2, 2, 3), fc.uint8Array({ maxLength: 150 })).map(([magic, bytes]) => {
      if (bytes.length > 16) bytes[16] = magic;
      return bytes;
    });
    fc.assert(
      fc.property(junk, fc.boolean(), (bytes, isCommitted) => {
        const decoded = decode(bytes, { isolation: isCommitted ? 'committed' : 'uncommitted', abortedTransactions: [] });
        expect(decoded.nextOffset).toBeGreaterThanOrEqual(0);
        expect(decoded.error === undefined || decoded.cutOffBytes === 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([0, 1])('of the old format %i are refused by name', (magic) => {
    const bytes = new Uint8Array(joined(good, batch([record('old')], 1)));
    bytes[good.length + 16] = magic;
    const decoded = decode(bytes);
    expect(values(decoded)).toEqual(['good']);
    expect(decoded.error).toMatchObject({ code: 'MR_RECORDS_FORMAT_OLD', details: { offset: 1, magic } });
  });

  it.each([
    ['an unknown format', (view: DataView) => view.setInt8(16, 3)],
    ['a length too small', (view: DataView) => view.setInt32(8, 40)],
    ['a negative length', (view: DataView) => view.setInt32(8, -1)],
    ['a negative count', (view: DataView) => view.setInt32(57, -1)],
    ['a count beyond the bytes', (view: DataView) => view.setInt32(57, 2 ** 30)],
    ['a negative delta', (view: DataView) => view.setInt32(23, -5)],
    ['a delta below that of its records', (view: DataView) => view.setInt32(23, 0)],
    ['a number beyond 2^53', (view: DataView) => view.setInt32(43, 0x7fffffff)],
  ])('with %s are refused', (_name, change) => {
    const bytes = batch([record('a'), record('b')]);
    change(viewOf(bytes));
    renewChecksum(bytes);
    expect(decode(bytes)).toMatchObject({ batches: [], nextOffset: 0, error: { code: 'MR_RECORDS_CORRUPT' } });
  });

  it('in a compression that nobody knows are refused', () => {
    const bytes = batch([record('a')]);
    viewOf(bytes).setInt16(21, 6);
    renewChecksum(bytes);
    expect(decode(bytes).error).toMatchObject({ code: 'MR_COMPRESSION_UNAVAILABLE' });
  });
});

function renewChecksum(bytes: Uint8Array): void {
  viewOf(bytes).setUint32(17, crc32c(bytes, 21, bytes.length));
}

function withLastDelta(bytes: Uint8Array, delta: number): Uint8Array {
  viewOf(bytes).setInt32(23, delta);
  renewChecksum(bytes);
  return bytes;
}

function emptyBatch(baseOffset: number, lastDelta: number): Uint8Array {
  const bytes = batch([record('gone')]).slice(0, 61);
  placeBatch(bytes, 0, baseOffset, 7);
  viewOf(bytes).setInt32(8, 61 - 12);
  viewOf(bytes).setInt32(57, 0);
  return withLastDelta(bytes, lastDelta);
}
