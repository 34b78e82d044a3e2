/** Frames and headers, whatever the chunks are. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, joinFrame } from '../../src/protocol/frame.ts';
import {
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  peekRequestHeader,
  responseBodyStart,
} from '../../src/protocol/header.ts';
import { apiVersionsApi } from '../../src/protocol/messages/api-versions.ts';
import { metadataApi } from '../../src/protocol/messages/metadata.ts';

const none = new Uint8Array(0);

describe('frames', () => {
  it('come back whole however the stream is cut', () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(contents, fc.array(fc.nat({ max: 15 }), { maxLength: 40 }), (frames, cuts) => {
        const stream = Buffer.concat(frames.map((frame) => joinFrame(frame.subarray(0, 3), frame.subarray(3))));
        const reader = new FrameReader();
        const found: Uint8Array[] = [];
        let at = 0;
        for (const size of cuts) {
          found.push(...reader.push(stream.subarray(at, at + size)));
          at += size;
        }
        found.push(...reader.push(stream.subarray(at)));
        expect(found.map((frame) => Buffer.from(frame).toString('hex'))).toEqual(frames.map((frame) => Buffer.from(frame).toString('hex')));
      }),
    );
  });

  it('longer than the limit, or of a negative length, are refused before they are gathered', () => {
    expect(() => new FrameReader({ maxBytes: 10 }).push(joinFrame(none, new Uint8Array(11)))).toThrow(/MR_PROTOCOL_FRAME_TOO_LARGE/);
    expect(new FrameReader({ maxBytes: 10 }).push(joinFrame(none, new Uint8Array(10)))).toHaveLength(1);
    expect(() => new FrameReader().push(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toThrow(/MR_PROTOCOL_MALFORMED/);
    // "GET " as a length: somebody speaks HTTP to the port.
    expect(() => new FrameReader().push(Buffer.from('GET / HTTP/1.1'))).toThrow(/MR_PROTOCOL_FRAME_TOO_LARGE/);
  });
});

describe('headers', () => {
  it.each([
    [8, 'client', 0],
    [9, 'client', 1],
    [8, null, 0],
    [9, null, 1],
  ])('of requests in version %i with client id %s are read back', (version, clientId, tagBytes) => {
    const header = encodeRequestHeader(metadataApi, version, 77, clientId);
    expect(header.length).toBe(10 + (clientId?.length ?? 0) + tagBytes);
    const frame = Buffer.concat([header, Buffer.from('body')]);
    const decoded = decodeRequestHeader(frame);
    expect(decoded).toEqual({ apiKey: 3, apiVersion: version, correlationId: 77, clientId, bodyStart: header.length });
    expect(peekRequestHeader(frame)).toEqual({ apiKey: 3, apiVersion: version, correlationId: 77 });
  });

  it('of responses have tagged fields in flexible versions, but for ApiVersions', () => {
    expect([...encodeResponseHeader(metadataApi, 8, 1)]).toEqual([0, 0, 0, 1]);
    expect([...encodeResponseHeader(metadataApi, 9, 1)]).toEqual([0, 0, 0, 1, 0]);
    expect([...encodeResponseHeader(apiVersionsApi, 3, 1)]).toEqual([0, 0, 0, 1]);
    const tagged = Uint8Array.of(0, 0, 0, 9, 1, 5, 2, 7, 7, 0x61);
    expect(decodeResponseHeader(metadataApi, 9, tagged)).toEqual({ correlationId: 9, bodyStart: 9 });
    expect(responseBodyStart(metadataApi, 9, tagged.subarray(4))).toBe(5);
    expect(responseBodyStart(metadataApi, 8, tagged.subarray(4))).toBe(0);
  });

  it('that are cut off, or of an unknown API, are refused', () => {
    const header = encodeRequestHeader(metadataApi, 9, 77, 'client');
    for (let length = 0; length < header.length; length++) {
      expect(() => decodeRequestHeader(header.subarray(0, length))).toThrow(/MR_PROTOCOL_MALFORMED/);
    }
    const unknown = Buffer.from(header);
    unknown.writeInt16BE(9999, 0);
    expect(() => decodeRequestHeader(unknown)).toThrow(/MR_PROTOCOL_VERSION_UNKNOWN/);
    expect(peekRequestHeader(unknown)).toEqual({ apiKey: 9999, apiVersion: 9, correlationId: 77 });
  });
});
