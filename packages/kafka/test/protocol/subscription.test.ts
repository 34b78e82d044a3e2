/** The frames that group members exchange, of our version and of others. */
import { describe, expect, it } from 'vitest';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../../src/protocol/subscription.ts';

const userData = Uint8Array.of(1, 2, 3);
const ownedPartitions = [{ topic: 'a', partitions: [0, 2] }];

describe('a subscription', () => {
  it.each([0, 1, 2, 3])('of version %i is read back, as far as the version goes', (version) => {
    const bytes = encodeSubscription({ topics: ['a', 'b'], userData, ownedPartitions, generationId: 7, rackId: 'r' }, version);
    expect(bytes.subarray(0, 2)).toEqual(Uint8Array.of(0, version));
    expect(decodeSubscription(bytes)).toEqual({
      topics: ['a', 'b'],
      userData,
      ownedPartitions: version >= 1 ? ownedPartitions : [],
      generationId: version >= 2 ? 7 : -1,
      rackId: version >= 3 ? 'r' : null,
    });
  });

  it('of a newer version is read as far as it is known', () => {
    const bytes = Buffer.concat([encodeSubscription({ topics: ['a'] }), Buffer.from('more')]);
    bytes.writeInt16BE(9, 0);
    expect(decodeSubscription(bytes)).toMatchObject({ topics: ['a'], userData: null });
  });

  it('without a version, or with a negative one, is refused', () => {
    for (const bytes of [[], [0], [0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]]) {
      expect(() => decodeSubscription(Uint8Array.from(bytes))).toThrow(/MR_PROTOCOL_MALFORMED/);
    }
  });
});

describe('an assignment', () => {
  it('is read back', () => {
    expect(decodeAssignment(encodeAssignment({ assignedPartitions: ownedPartitions, userData }))).toEqual({
      assignedPartitions: ownedPartitions,
      userData,
    });
    expect(decodeAssignment(encodeAssignment({ assignedPartitions: [] }, 0))).toEqual({ assignedPartitions: [], userData: null });
  });

  it('of random bytes is refused', () => {
    expect(() => decodeAssignment(Buffer.from('data-A'))).toThrow(/MR_PROTOCOL_MALFORMED/);
  });
});
