import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamsError } from '../../src/errors.ts';
import {
  type AssignmentData,
  decodeAssignmentData,
  decodeSubscriptionData,
  encodeAssignmentData,
  encodeSubscriptionData,
  groupCodes,
  runningActive,
  type SubscriptionData,
} from '../../src/runtime/user-data.ts';

const subscription: SubscriptionData = {
  processId: '0f0e0d0c-0b0a-4908-8706-050403020100',
  fingerprint: Uint8Array.from({ length: 16 }, (_, index) => index),
  tasks: new Map([
    ['0_0', runningActive],
    ['1_2', 0],
    ['1_10', 2 ** 40],
  ]),
  unique: 7,
  code: groupCodes.none,
};
const assignment: AssignmentData = { active: ['0_0', '1_300'], followUpMs: 600_000, code: groupCodes.none, message: '' };

const taskId = fc.tuple(fc.nat({ max: 1000 }), fc.nat({ max: 100_000 })).map(([s, p]) => `${s}_${p}`);
const code = fc.constantFrom(...Object.values(groupCodes));

describe('subscription data', () => {
  it('comes back as it went', () => {
    expect(decodeSubscriptionData(encodeSubscriptionData(subscription))).toEqual(subscription);
  });

  it('law: any subscription comes back', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.dictionary(taskId, fc.oneof(fc.constant(runningActive), fc.nat({ max: 2 ** 50 }))),
        fc.nat({ max: 255 }),
        code,
        (processId, fingerprint, tasks, unique, value) => {
          const data = { processId, fingerprint, tasks: new Map(Object.entries(tasks)), unique, code: value };
          expect(decodeSubscriptionData(encodeSubscriptionData(data))).toEqual(data);
        },
      ),
    );
  });

  it('starts with the version it is written in and the newest that its writer knows', () => {
    expect([...encodeSubscriptionData(subscription).subarray(0, 4)]).toEqual([0, 1, 0, 1]);
  });

  it('takes a reader of version 1 through fields that a later writer adds, and bytes that it adds to a field', () => {
    const bytes = encodeSubscriptionData(subscription);
    const newer = Uint8Array.from([0, 1, 0, 9, 99, 3, 1, 2, 3, ...bytes.subarray(4), 100, 0, 4, 2, 8, 77]);
    expect(decodeSubscriptionData(newer)).toEqual({ ...subscription, unique: 8 });
  });

  it('takes an unknown code for a failed assignment', () => {
    const bytes = encodeSubscriptionData(subscription);
    expect(decodeSubscriptionData(Uint8Array.from([...bytes, 5, 1, 250])).code).toBe(groupCodes.assignmentFailed);
  });
});

describe('assignment data', () => {
  it.each([assignment, { active: [], followUpMs: 0, code: groupCodes.topologyMismatch, message: 'sources differ: ä' }])(
    'comes back as it went: %o',
    (data) => {
      expect(decodeAssignmentData(encodeAssignmentData(data))).toEqual(data);
    },
  );

  it('cuts a message that is too long for everybody to carry', () => {
    expect(decodeAssignmentData(encodeAssignmentData({ ...assignment, message: 'x'.repeat(5_000) })).message).toHaveLength(1_000);
  });
});

/** `read`, or the code that it was refused with. */
function outcomeOf(decode: () => unknown): string {
  try {
    decode();
    return 'read';
  } catch (error) {
    return error instanceof StreamsError ? error.code : String(error);
  }
}

describe('hostile bytes', () => {
  const refused = expect.objectContaining({ code: 'MR_GROUP_DATA_INVALID' });
  const head = [0, 1, 0, 1];
  it.each([
    ['nothing', []],
    ['half a version', [0, 1, 0]],
    ['version 0', [0, 0, 0, 1]],
    ['a negative version', [255, 255, 0, 1]],
    ['a version from the future', [0, 2, 0, 2]],
    ['newest below used', [0, 1, 0, 0]],
    ['no process id', head],
    ['a field longer than what is left', [...head, 1, 200, 1, 0]],
    ['a list longer than its field', [...head, 3, 5, 255, 255, 255, 255, 7]],
    ['a list of 2^50 items', [...head, 3, 8, 255, 255, 255, 255, 255, 255, 255, 3]],
    ['a number without end', [...head, ...Array.from({ length: 12 }, () => 255)]],
    ['a process id of 3 bytes', [...head, 1, 3, 1, 2, 3]],
    ['a task in the middle of which the field ends', [...head, 3, 2, 1, 0]],
  ])('subscription: %s', (_name, bytes) => {
    expect(() => decodeSubscriptionData(Uint8Array.from(bytes))).toThrow(refused);
  });

  it.each([
    ['nothing', []],
    ['a list longer than its field', [...head, 16, 3, 9, 0, 0]],
    ['a task whose number is too big', [...head, 16, 8, 1, 255, 255, 255, 255, 255, 1, 0]],
  ])('assignment: %s', (_name, bytes) => {
    expect(() => decodeAssignmentData(Uint8Array.from(bytes))).toThrow(refused);
  });

  it('law: whatever the bytes, they are read or refused with a code, and a cut or flipped message too', () => {
    const valid = encodeSubscriptionData(subscription);
    const mutated = fc
      .tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 }), fc.nat({ max: valid.length }))
      .map(([at, byte, length]) => {
        const copy = valid.slice();
        copy[at] = byte;
        return copy.subarray(0, length);
      });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from([...head, ...bytes])),
          mutated,
        ),
        (bytes) => {
          for (const decode of [decodeSubscriptionData, decodeAssignmentData]) {
            expect(outcomeOf(() => decode(bytes))).toMatch(/^(read|MR_GROUP_DATA_INVALID)$/);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
