/** What a client does with a code. */
import { describe, expect, it } from 'vitest';
import { brokerErrorByCode, brokerErrorCodes } from '../../src/protocol/errors.ts';

describe('broker errors', () => {
  it.each([
    [3, 'UNKNOWN_TOPIC_OR_PARTITION', 'retriable', 'metadata'],
    [6, 'NOT_LEADER_OR_FOLLOWER', 'retriable', 'metadata'],
    [14, 'COORDINATOR_LOAD_IN_PROGRESS', 'retriable', undefined],
    [15, 'COORDINATOR_NOT_AVAILABLE', 'retriable', 'coordinator'],
    [16, 'NOT_COORDINATOR', 'retriable', 'coordinator'],
    [22, 'ILLEGAL_GENERATION', 'fenced', undefined],
    [25, 'UNKNOWN_MEMBER_ID', 'fenced', undefined],
    [27, 'REBALANCE_IN_PROGRESS', 'retriable', undefined],
    [29, 'TOPIC_AUTHORIZATION_FAILED', 'fatal', undefined],
    [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'abortable', undefined],
    [47, 'INVALID_PRODUCER_EPOCH', 'fenced', undefined],
    [51, 'CONCURRENT_TRANSACTIONS', 'retriable', undefined],
    [82, 'FENCED_INSTANCE_ID', 'fenced', undefined],
    [88, 'UNSTABLE_OFFSET_COMMIT', 'retriable', undefined],
    [90, 'PRODUCER_FENCED', 'fenced', undefined],
    [100, 'UNKNOWN_TOPIC_ID', 'retriable', 'metadata'],
    [120, 'TRANSACTION_ABORTABLE', 'abortable', undefined],
  ])('%i is %s: %s', (code, name, kind, stale) => {
    expect(brokerErrorByCode(code)).toMatchObject({ code, name, kind, stale });
  });

  it('of a newer broker are fatal and keep their number', () => {
    expect(brokerErrorByCode(30_000)).toMatchObject({ code: 30_000, name: 'UNKNOWN_CODE', kind: 'fatal' });
  });

  it('have one number each', () => {
    const codes = Object.values(brokerErrorCodes);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
