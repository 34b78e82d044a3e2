/** A join of streams goes on after a crash as if there had been none: windows, parked records and both of its times are kept. */
import { joinWindows, serdes } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textBuilder } from './support.ts';

type Kind = 'left' | 'outer';
type Input = readonly [topic: 'l' | 'r', key: string, later: number];

const show = (left: string | null, right: string | null): string => `${left ?? '-'}${right ?? '-'}`;

/** What comes out, where every record of `crashes` is followed by a commit and a crash; the others by a commit. */
function outputs(kind: Kind, inputs: readonly Input[], crashes: ReadonlySet<number>): unknown[] {
  const builder = textBuilder();
  const [left, right] = [builder.stream('l'), builder.stream('r')];
  const windows = joinWindows({ difference: 10, after: 4, grace: 3 });
  (kind === 'left' ? left.leftJoin(right, show, { windows }) : left.outerJoin(right, show, { windows })).to('out');
  using driver = new TopologyTestDriver(builder.build(), { partitions: 1 });
  const text = { key: serdes.string(), value: serdes.string() };
  const topics = { l: driver.createInputTopic('l', text), r: driver.createInputTopic('r', text) };
  let timestamp = 20;
  inputs.forEach(([topic, key, later], at) => {
    timestamp = Math.max(0, timestamp + later);
    topics[topic].pipeInput({ key, value: String(at), timestamp });
    driver.commit();
    if (crashes.has(at)) driver.crash();
  });
  const records = driver.createOutputTopic('out', text).readRecordsToList();
  return records.map(({ key, timestamp, value }) => [key, value, timestamp]);
}

/** The third is how much later than the one before. */
const input = fc.tuple(fc.constantFrom('l' as const, 'r' as const), fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: -4, max: 8 }));

test.each<Kind>(['left', 'outer'])('%s: the same records come out, wherever it crashed', (kind) => {
  fc.assert(
    fc.property(fc.array(input, { maxLength: 25 }), fc.uniqueArray(fc.nat(24), { maxLength: 4 }), (inputs, crashes) => {
      expect(outputs(kind, inputs, new Set(crashes))).toEqual(outputs(kind, inputs, new Set()));
    }),
    { numRuns: 150, seed: 7 },
  );
});
