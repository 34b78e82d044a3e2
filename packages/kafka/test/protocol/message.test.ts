/** What a message cannot carry is refused when it is written; what is no message is refused when it is read, and told where. */
import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { decodeApiVersionsResponse } from '../../src/protocol/api-versions-response.ts';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../src/protocol/message.ts';
import { apiVersionsApi } from '../../src/protocol/messages/api-versions.ts';
import { fetchApi } from '../../src/protocol/messages/fetch.ts';
import { joinGroupApi } from '../../src/protocol/messages/join-group.ts';
import { metadataApi } from '../../src/protocol/messages/metadata.ts';
import { offsetFetchApi } from '../../src/protocol/messages/offset-fetch.ts';
import { produceApi } from '../../src/protocol/messages/produce.ts';
import { ProtocolError } from '../../src/protocol/protocol-error.ts';
import type { RequestInputOf, RequestOf, ResponseOf } from '../../src/protocol/schema.ts';

function errorOf(work: () => unknown): ProtocolError {
  try {
    work();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('it did not throw');
}

const heartbeatless = { groupId: 'g', sessionTimeoutMs: 1, memberId: '', protocolType: 'consumer', protocols: [] };

describe('writing', () => {
  const uuid = 'AAECAwQFBgcICQoLDA0ODw';
  it.each<[string, () => unknown, { field: string; version: number; api: string }, RegExp]>([
    [
      'a field that the version does not have',
      () => encodeRequest(offsetFetchApi, 6, { groupId: 'g', topics: null, requireStable: true }),
      { api: 'OffsetFetchRequest', version: 6, field: 'requireStable' },
      /version 6 does not have this field/,
    ],
    [
      'null where the version has no null',
      () => encodeRequest(metadataApi, 0, { topics: null }),
      { api: 'MetadataRequest', version: 0, field: 'topics' },
      /null is no array/,
    ],
    [
      'a number that does not fit',
      () => encodeRequest(joinGroupApi, 5, { ...heartbeatless, sessionTimeoutMs: 2 ** 31 }),
      { api: 'JoinGroupRequest', version: 5, field: 'sessionTimeoutMs' },
      /2147483648 is no integer from -2147483648 to 2147483647/,
    ],
    [
      'a fraction',
      () => encodeRequest(joinGroupApi, 5, { ...heartbeatless, sessionTimeoutMs: 0.5 }),
      { api: 'JoinGroupRequest', version: 5, field: 'sessionTimeoutMs' },
      /0\.5 is no integer/,
    ],
    [
      'an offset beyond 2^53',
      () =>
        encodeResponse(fetchApi, 4, {
          throttleTimeMs: 0,
          responses: [
            {
              topic: 't',
              partitions: [{ partitionIndex: 0, errorCode: 0, highWatermark: 2 ** 53, abortedTransactions: null, records: null }],
            },
          ],
        }),
      { api: 'FetchResponse', version: 4, field: 'responses[0].partitions[0].highWatermark' },
      /no safe integer/,
    ],
    [
      'text that is too long',
      () => encodeRequest(metadataApi, 9, { topics: [{ name: 'a' }, { name: 'x'.repeat(40_000) }] }),
      { api: 'MetadataRequest', version: 9, field: 'topics[1].name' },
      /40000 bytes is over the limit/,
    ],
    [
      'a uuid that is none',
      () => encodeRequest(metadataApi, 12, { topics: [{ name: null, topicId: `${uuid}=` }] }),
      { api: 'MetadataRequest', version: 12, field: 'topics[0].topicId' },
      /no uuid/,
    ],
  ])('%s is refused', (_name, work, details, message) => {
    const error = errorOf(work);
    expect(error).toMatchObject({ code: 'MR_PROTOCOL_UNREPRESENTABLE', details });
    expect(error.message).toMatch(message);
  });

  it('of a value that is missing is refused', () => {
    const error = errorOf(() => encodeRequest(joinGroupApi, 5, { ...heartbeatless, groupId: undefined as never }));
    expect(error).toMatchObject({ code: 'MR_PROTOCOL_UNREPRESENTABLE', details: { field: 'groupId' } });
  });

  it('leaves out what says nothing in the version, and what may be ignored', () => {
    const plain = encodeRequest(offsetFetchApi, 6, { groupId: 'g', topics: null });
    expect(encodeRequest(offsetFetchApi, 6, { groupId: 'g', topics: null, requireStable: false, groups: [] })).toEqual(plain);
    const { groupInstanceId } = decodeRequest(joinGroupApi, 5, encodeRequest(joinGroupApi, 5, { ...heartbeatless, reason: 'rack moved' }));
    expect(groupInstanceId).toBeNull();
  });

  it.each([-1, 14, 1.5, Number.NaN])('of version %d, which is not described, is refused', (version) => {
    expect(errorOf(() => encodeRequest(metadataApi, version, { topics: null }))).toMatchObject({ code: 'MR_PROTOCOL_VERSION_UNKNOWN' });
    expect(errorOf(() => decodeResponse(metadataApi, version, new Uint8Array(8)))).toMatchObject({ code: 'MR_PROTOCOL_VERSION_UNKNOWN' });
  });

  it('writes tagged fields only where they differ from their default', () => {
    const without = encodeRequest(fetchApi, 12, { maxWaitMs: 1, minBytes: 1, topics: [], forgottenTopicsData: [] });
    expect(encodeRequest(fetchApi, 12, { maxWaitMs: 1, minBytes: 1, topics: [], forgottenTopicsData: [], clusterId: null })).toEqual(
      without,
    );
    const withId = encodeRequest(fetchApi, 12, { maxWaitMs: 1, minBytes: 1, topics: [], forgottenTopicsData: [], clusterId: 'c' });
    expect(withId.length).toBe(without.length + 4);
    expect(decodeRequest(fetchApi, 12, withId).clusterId).toBe('c');
  });
});

describe('reading', () => {
  it('tells the place', () => {
    const bytes = encodeResponse(metadataApi, 5, {
      brokers: [
        { nodeId: 1, host: 'a'.repeat(40), port: 1 },
        { nodeId: 2, host: 'b', port: 2 },
      ],
      topics: [],
    });
    const error = errorOf(() => decodeResponse(metadataApi, 5, bytes.subarray(0, 62)));
    expect(error).toMatchObject({
      code: 'MR_PROTOCOL_MALFORMED',
      details: { api: 'MetadataResponse', version: 5, field: 'brokers[1].nodeId' },
    });
  });

  it.each([
    ['a huge array', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ['an array larger than its bytes', Buffer.from([0, 0, 0, 3, 0, 1, 0x61])],
    ['a negative array', Buffer.from([0xff, 0xff, 0xff, 0xfe])],
    ['a huge string', Buffer.from([0, 0, 0, 1, 0x7f, 0xff, 0x61])],
    ['a negative string', Buffer.from([0, 0, 0, 1, 0xff, 0xfe])],
    ['a null string', Buffer.from([0, 0, 0, 1, 0xff, 0xff])],
  ])('refuses %s before it makes anything of it', (_name, bytes) => {
    expect(errorOf(() => decodeRequest(metadataApi, 1, bytes))).toMatchObject({ code: 'MR_PROTOCOL_MALFORMED' });
  });

  it('refuses compact lengths that never end, and those beyond 32 bits', () => {
    for (const bytes of [Buffer.alloc(20, 0xff), Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f, 0])]) {
      expect(errorOf(() => decodeRequest(metadataApi, 9, bytes))).toMatchObject({
        code: 'MR_PROTOCOL_MALFORMED',
        details: { field: 'topics' },
      });
    }
  });

  it('skips tagged fields that it does not know, and refuses those that do not fill their size', () => {
    const plain = encodeRequest(metadataApi, 9, { topics: null });
    const body = plain.subarray(0, plain.length - 1);
    const withTags = (...tags: number[]): Buffer => Buffer.concat([body, Buffer.from(tags)]);
    expect(decodeRequest(metadataApi, 9, withTags(2, 5, 3, 1, 2, 3, 9, 0))).toEqual(decodeRequest(metadataApi, 9, plain));
    expect(errorOf(() => decodeRequest(metadataApi, 9, withTags(1, 5, 3, 1)))).toMatchObject({ code: 'MR_PROTOCOL_MALFORMED' });
    expect(errorOf(() => decodeRequest(metadataApi, 9, withTags(2, 5, 0, 5, 0)))).toMatchObject({ code: 'MR_PROTOCOL_MALFORMED' });
    const fetchBytes = encodeRequest(fetchApi, 12, { maxWaitMs: 1, minBytes: 1, topics: [], forgottenTopicsData: [] });
    const fetchBody = fetchBytes.subarray(0, fetchBytes.length - 1);
    // Tag 0 is the cluster id: two bytes are announced, the text takes two, three are there.
    const tooLong = Buffer.concat([fetchBody, Buffer.from([1, 0, 3, 2, 0x63, 0x64])]);
    expect(errorOf(() => decodeRequest(fetchApi, 12, tooLong))).toMatchObject({ code: 'MR_PROTOCOL_MALFORMED' });
  });

  it('never answers random bytes with anything but a value or a coded error', () => {
    const apis = [metadataApi, fetchApi, produceApi, joinGroupApi, offsetFetchApi] as const;
    fc.assert(
      fc.property(fc.constantFrom(...apis), fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 80 }), (api, step, bytes) => {
        const [min, max] = api.versions;
        const version = min + (step % (max - min + 1));
        for (const read of [() => decodeRequest(api, version, bytes), () => decodeResponse(api, version, bytes)]) {
          try {
            read();
          } catch (error) {
            if (!(error instanceof ProtocolError) || error.code !== 'MR_PROTOCOL_MALFORMED') throw error;
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('gives views, not copies, of records', () => {
    const records = Uint8Array.of(1, 2, 3);
    const partitions = [{ partitionIndex: 0, errorCode: 0, highWatermark: 5, abortedTransactions: null, records }];
    const bytes = encodeResponse(fetchApi, 11, { throttleTimeMs: 0, responses: [{ topic: 't', partitions }] });
    const found = decodeResponse(fetchApi, 11, bytes).responses[0]?.partitions[0]?.records;
    expect(found).toEqual(records);
    expect(found?.buffer).toBe(bytes.buffer);
  });
});

describe('round trips', () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  const offset = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  const partition = fc.record({
    partitionIndex: fc.nat(),
    errorCode: fc.integer({ min: -1, max: 130 }),
    highWatermark: offset,
    lastStableOffset: offset,
    logStartOffset: offset,
    abortedTransactions: fc.option(fc.array(fc.record({ producerId: offset, firstOffset: offset }), { maxLength: 3 })),
    preferredReadReplica: fc.integer({ min: -1, max: 10 }),
    records: fc.option(fc.uint8Array({ maxLength: 50 })),
  });
  const response = fc.record({
    throttleTimeMs: fc.nat(),
    errorCode: fc.nat({ max: 100 }),
    sessionId: fc.nat(),
    responses: fc.array(fc.record({ topic: text, partitions: fc.array(partition, { maxLength: 4 }) }), { maxLength: 4 }),
  });

  it('of a fetch answer keep every value', () => {
    fc.assert(
      fc.property(response, fc.constantFrom(11, 12), (value, version) => {
        expect(decodeResponse(fetchApi, version, encodeResponse(fetchApi, version, value))).toMatchObject(value);
      }),
    );
  });
});

describe('types', () => {
  it('follow from the description', () => {
    type Topic = NonNullable<RequestOf<typeof metadataApi>['topics']>[number];
    expectTypeOf<Topic>().toEqualTypeOf<{ readonly topicId: string; readonly name: string | null }>();
    expectTypeOf<ResponseOf<typeof fetchApi>['responses'][number]['partitions'][number]['records']>().toEqualTypeOf<Uint8Array | null>();
    expectTypeOf<RequestInputOf<typeof metadataApi>['allowAutoTopicCreation']>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<RequestOf<typeof metadataApi>>().toExtend<RequestInputOf<typeof metadataApi>>();
    // @ts-expect-error a group id is text
    expect(() => encodeRequest(joinGroupApi, 5, { ...heartbeatless, groupId: 5 })).toThrow(ProtocolError);
    // @ts-expect-error the group id cannot be left out
    expect(() => encodeRequest(joinGroupApi, 5, { sessionTimeoutMs: 1, memberId: '', protocolType: '', protocols: [] })).toThrow(
      ProtocolError,
    );
  });
});

describe('the answer to ApiVersions', () => {
  it('is read in version 0 where the broker refused the version', () => {
    const refused = encodeResponse(apiVersionsApi, 0, { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 2 }] });
    expect(decodeApiVersionsResponse(4, refused)).toMatchObject({ errorCode: 35, apiKeys: [{ apiKey: 18, maxVersion: 2 }] });
    const accepted = encodeResponse(apiVersionsApi, 4, { errorCode: 0, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] });
    expect(decodeApiVersionsResponse(4, accepted)).toMatchObject({ errorCode: 0, finalizedFeaturesEpoch: -1 });
  });
});
