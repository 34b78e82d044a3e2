import { describe, expect, test } from 'vitest';
import { KeptTimes, timesForMetadata } from '../../src/engine/kept-times.ts';
import { decodeOffsetMetadata, encodeOffsetMetadata } from '../../src/engine/offset-metadata.ts';

test('a time that nobody committed is none', () => {
  expect(new KeptTimes().keep('store', () => 5)).toBe(-1);
});

test('the largest time that was committed is given back', () => {
  const times = new KeptTimes();
  for (const time of [5n, 9n, 7n]) times.learn('store', time);
  expect(times.keep('store', () => -1)).toBe(9);
});

test('who keeps a time is asked at every commit; a negative answer leaves what is known', () => {
  const times = new KeptTimes();
  times.learn('learned', 3n);
  let current = -1;
  times.keep('store', () => current);
  expect([...times.snapshot()]).toEqual([['learned', 3n]]);
  current = 8;
  expect([...times.snapshot()]).toEqual([
    ['learned', 3n],
    ['store', 8n],
  ]);
});

test('what is cleared is asked for no more', () => {
  const times = new KeptTimes();
  times.keep('store', () => 8);
  times.clear();
  expect(times.snapshot().size).toBe(0);
});

describe('the metadata of an offset', () => {
  const many = (count: number): [string, bigint][] => Array.from({ length: count }, (_, index) => [`store-${index}/time`, BigInt(index)]);

  test('has all times if they fit', () => {
    const times = new Map([...many(20), ['store', 1n] as const]);
    expect(timesForMetadata(times)).toEqual(times);
  });

  test('has those that Kafka Streams keeps, and as many others as fit in what a broker takes', () => {
    const times = new Map([...many(500), ['store', 1n] as const]);
    const chosen = timesForMetadata(times);
    expect(chosen.get('store')).toBe(1n);
    expect(chosen.size).toBeGreaterThan(50);
    const text = encodeOffsetMetadata(1, chosen);
    expect(text.length).toBeLessThan(4096);
    expect(decodeOffsetMetadata(text).times).toEqual(chosen);
  });
});
