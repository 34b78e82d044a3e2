/** What is decided about records that the broker refused, and which dead letters go with it. */
import { describe, expect, it } from 'vitest';
import type { ProductionDecision } from '../../src/engine/contract.ts';
import { deadLetterHeaders } from '../../src/engine/dead-letter.ts';
import { ClientError, type FailureKind } from '../../src/errors.ts';
import { topicPartition } from '../../src/kafka/topic-partition.ts';
import { judgeRefusal, mayBeAsked } from '../../src/runtime/refusal.ts';
import { fetched } from '../engine/task-harness.ts';

const tp = topicPartition('words', 3);
const records = fetched(tp, 0, [
  { key: 'a', value: '1', timestamp: 5, headers: [['h', 'x']] },
  { key: null, value: '2', timestamp: 6 },
]);
const failure = (kind: FailureKind, kafkaCode?: number) => ({ tp, error: new ClientError(kind, 'refused', { kafkaCode }), records });

describe('who is asked', () => {
  it.each<readonly [string, FailureKind, number | undefined, boolean]>([
    ['too large a record', 'fatal', 10, true],
    ['an invalid record', 'fatal', 87, true],
    ['nobody acknowledged it in time', 'retriable', undefined, true],
    ['too few replicas', 'retriable', 19, true],
    ['no right to write the topic', 'fatal', 29, false],
    ['an illegal topic name', 'fatal', 17, false],
    ['the server does not know why', 'retriable', -1, false],
    ['another producer took over', 'fenced', 90, false],
    ['nobody knows whether it was written', 'uncertain', undefined, false],
  ])('%s (%s, %s): %s', (_, kind, code, expected) => {
    expect(mayBeAsked(failure(kind, code).error)).toBe(expected);
  });
});

describe('the verdict', () => {
  it.each<readonly [ProductionDecision, FailureKind, string, number]>([
    ['continue', 'fatal', 'continue', 2],
    ['fail', 'fatal', 'fail', 1],
    ['retry', 'retriable', 'retry', 0],
    ['retry', 'fatal', 'fail', 1],
    [{ decision: 'continue', deadLetters: [] }, 'fatal', 'continue', 0],
    [{ decision: 'fail', deadLetters: [{ topic: 'mine', key: null, value: null }] }, 'fatal', 'fail', 1],
  ])('on %j for a %s failure is %s with %i letters', (answer, kind, decision, letters) => {
    const verdict = judgeRefusal(failure(kind, 87), () => answer, 'dead');
    expect(verdict.decision).toBe(decision);
    expect(verdict.deadLetters).toHaveLength(letters);
    expect(verdict.handlerFailure).toBeUndefined();
  });

  it('has no letters without a topic for them', () => {
    expect(judgeRefusal(failure('fatal', 87), () => 'continue', undefined).deadLetters).toEqual([]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('handler');
      },
    ],
    ['answers nonsense', () => 'perhaps' as 'fail'],
    ['gives a letter without topic', () => ({ decision: 'continue' as const, deadLetters: [{ topic: '', key: null, value: null }] })],
  ])('is fail if the handler %s', (_, handler) => {
    const verdict = judgeRefusal(failure('fatal', 87), handler, 'dead');
    expect(verdict).toMatchObject({ decision: 'fail', deadLetters: [] });
    expect(verdict.handlerFailure).toBeInstanceOf(Error);
  });
});

describe('a letter of a refused record', () => {
  it('carries the record, and names who refused it', () => {
    const [first, second] = judgeRefusal(failure('fatal', 87), () => 'continue', 'dead').deadLetters;
    expect(first).toMatchObject({
      topic: 'dead',
      key: Uint8Array.from(Buffer.from('a')),
      value: Uint8Array.from(Buffer.from('1')),
      timestamp: 5,
    });
    const told = Object.fromEntries(
      [...(first?.headers ?? [])].map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString()]),
    );
    expect(told).toMatchObject({
      h: 'x',
      [deadLetterHeaders.topic]: 'words',
      [deadLetterHeaders.partition]: '3',
      [deadLetterHeaders.offset]: '-1',
    });
    expect(second).toMatchObject({ key: null, timestamp: 6 });
  });

  it.each([10, 18])('leaves out a value that was too large (%i)', (code) => {
    const [first] = judgeRefusal(failure('fatal', code), () => 'continue', 'dead').deadLetters;
    expect(first).toMatchObject({ key: Uint8Array.from(Buffer.from('a')), value: null });
  });
});
