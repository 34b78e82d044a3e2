import { silentLogger, topicPartition } from '@millrace/core/kafka';
import { describe, expect, it } from 'vitest';
import { assignmentFrame, memberView, readAssignment, subscriptionFrame } from '../../../src/client/group/frames.ts';

describe('subscriptions', () => {
  it('reach the leader as they were sent', () => {
    const metadata = subscriptionFrame(['a', 'b'], new Uint8Array([1, 2]));
    expect(memberView({ memberId: 'm', groupInstanceId: 'i', metadata }, silentLogger)).toEqual({
      memberId: 'm',
      instanceId: 'i',
      topics: ['a', 'b'],
      owned: [],
      userData: new Uint8Array([1, 2]),
    });
  });

  it('that cannot be read are left to the assignor, and told', () => {
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (message: string) => warnings.push(message) };
    const view = memberView({ memberId: 'm', groupInstanceId: null, metadata: new Uint8Array([0, 1, 99, 99]) }, log);
    expect(view).toEqual({ memberId: 'm', instanceId: null, topics: [], owned: [], userData: new Uint8Array(0) });
    expect(warnings).toEqual(['The subscription of a member cannot be read']);
  });
});

describe('assignments', () => {
  it('come back as they were given', () => {
    const assignment = {
      partitions: [topicPartition('a', 3), topicPartition('a', 1), topicPartition('b', 0)],
      userData: new Uint8Array([7]),
    };
    expect(readAssignment(assignmentFrame(assignment))).toEqual(assignment);
  });

  it('may be missing, as for a member that the leader forgot', () => {
    expect(readAssignment(new Uint8Array(0))).toEqual({ partitions: [], userData: new Uint8Array(0) });
  });
});
