import { joinWindows, type JoinWindowsOptions, type Optimize, serdes } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { droppedBy, textBuilder } from './support.ts';

type Input = readonly [key: string | null, value: string | null, timestamp: number];
type Kind = 'inner' | 'left' | 'outer';

interface Run {
  readonly optimize: Optimize;
  readonly kind?: Kind;
  /** A commit follows every record; a crash those at these positions. */
  readonly crashes?: ReadonlySet<number>;
}

/** What a stream joined with itself puts out, and what it drops. */
function run(options: JoinWindowsOptions, inputs: readonly Input[], { crashes, kind = 'inner', optimize }: Run) {
  const builder = textBuilder({ optimize });
  const stream = builder.stream('in');
  const windows = joinWindows(options);
  const show = (left: string | null, right: string | null): string => `${left ?? '-'}${right ?? '-'}`;
  const joined =
    kind === 'inner'
      ? stream.join(stream, show, { windows })
      : kind === 'left'
        ? stream.leftJoin(stream, show, { windows })
        : stream.outerJoin(stream, show, { windows });
  joined.to('out');
  using driver = new TopologyTestDriver(builder.build(), { partitions: 1 });
  const text = { key: serdes.string(), value: serdes.string() };
  const topic = driver.createInputTopic('in', text);
  inputs.forEach(([key, value, timestamp], at) => {
    topic.pipeInput({ key, value, timestamp });
    driver.commit();
    if (crashes?.has(at) === true) driver.crash();
  });
  const records = driver.createOutputTopic('out', text).readRecordsToList();
  return { out: records.map(({ key, timestamp, value }) => `${key}:${value}@${timestamp}`), dropped: droppedBy(driver) };
}

const optimised: Run = { optimize: ['single.store.self.join'] };
const plain: Run = { optimize: 'none' };

describe('a stream joined with itself on one store', () => {
  it('meets the earlier records from both sides, and itself once', () => {
    const { out } = run({ difference: 10 }, [['a', '1', 0], ['a', '2', 5], ['b', '3', 5], ['a', '4', 11]], optimised); // prettier-ignore
    expect(out).toEqual(['a:11@0', 'a:21@5', 'a:12@5', 'a:22@5', 'b:33@5', 'a:42@11', 'a:24@11', 'a:44@11']);
  });

  it('meets itself where its time stands among the later ones', () => {
    const { out } = run({ difference: 10 }, [['a', '1', 2], ['a', '2', 20], ['a', '3', 12]], optimised); // prettier-ignore
    expect(out.slice(2)).toEqual(['a:31@12', 'a:32@20', 'a:13@12', 'a:33@12', 'a:23@20']);
  });

  it('looks in both directions of windows that are not the same on both sides', () => {
    const { out } = run({ difference: 10, before: 0 }, [['a', '1', 0], ['a', '2', 5]], optimised); // prettier-ignore
    expect(out).toEqual(['a:11@0', 'a:12@5', 'a:22@5']);
  });

  it('does not meet itself when it is too late to be kept', () => {
    const windows = { difference: 2, grace: 3 };
    const at = (timestamp: number): string[] => run(windows, [['a', '1', 100], ['b', '2', timestamp]], optimised).out.slice(1); // prettier-ignore
    // before, after and grace together are 7 ms.
    expect(at(95)).toEqual(['b:22@95']);
    expect(at(94)).toEqual([]);
  });

  it('drops and counts records without key or value', () => {
    expect(run({ difference: 10 }, [[null, '1', 0], ['a', null, 0]], optimised)).toEqual({ out: [], dropped: 2 }); // prettier-ignore
  });

  const input = fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('x', 'y', 'z'), fc.integer({ min: 0, max: 30 }));
  const inputs = fc.array(input, { maxLength: 20 });

  it.each<Kind>(['inner', 'left', 'outer'])('puts out what the %s join on two stores does while nothing is late', (kind) => {
    fc.assert(
      fc.property(inputs, fc.nat(8), fc.nat(8), (some, before, after) => {
        const inOrder = some.toSorted((a, b) => a[2] - b[2]);
        const windows = { difference: 0, before, after, grace: 100 };
        expect(run(windows, inOrder, { ...optimised, kind }).out).toEqual(run(windows, inOrder, { ...plain, kind }).out);
      }),
      { numRuns: 40, seed: 3 },
    );
  });

  it('goes on after a crash as if there had been none', () => {
    fc.assert(
      fc.property(inputs, fc.uniqueArray(fc.nat(19), { maxLength: 3 }), (some, crashes) => {
        const windows = { difference: 4, grace: 2 };
        expect(run(windows, some, { ...optimised, crashes: new Set(crashes) }).out).toEqual(run(windows, some, optimised).out);
      }),
      { numRuns: 40, seed: 5 },
    );
  });
});
