/**
 * Stops an instance at every point of a commit, starts it again with its disk kept, with an older copy of it, and without it. At-least-once: no word below its true count;
 * and afterwards the store equals the fold of its changelog.
 */
import type { CommitStep } from '@millrace/core/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { Crash, Harness } from './support/harness.ts';
import { type DiskCopy, KeptDisk } from './support/kept-state.ts';
import { belowTruth, changelogCounts, countWords, lastCounts, lines, sorted, wordCount } from './support/word-count.ts';

let harness: Harness;
afterEach(() => harness.close());

const steps: readonly CommitStep[] = [
  'beforeCommit',
  'afterPrepare',
  'afterChangelogAck',
  'afterUnlogged',
  'afterOffsetCommit',
  'beforeEngineBatch',
  'afterEngineBatch',
];
const disks = ['kept', 'older', 'absent'] as const;
const cases = steps.flatMap((step) => disks.flatMap((disk) => [0, 3].map((commit) => ({ step, disk, commit }))));

describe('a crash at a point of a commit', () => {
  it.each(cases)('$step of commit $commit, disk $disk', async ({ step, disk: diskKind, commit }) => {
    harness = await Harness.start();
    harness.cluster.createTopic('lines', { partitions: 2 });
    harness.cluster.createTopic('words');
    const disk = new KeptDisk(1);
    const given = lines(40);
    await harness.produce('lines', given);

    let older: DiskCopy = new Map();
    let commits = 0;
    const onStep = (reached: CommitStep): void => {
      if (reached === 'beforeCommit') commits++;
      if (reached === step && commits > commit) throw new Crash(step);
    };
    const crashing = harness.instance(wordCount(), { state: disk.backend(), leaveOnClose: false, unstable: { onStep } });
    const ended = crashing.run().then(
      () => 'stopped',
      (error: unknown) => error,
    );
    for (let round = 0; round < 12 && crashing.state !== 'ERROR'; round++) {
      const more = lines(10, given.length);
      given.push(...more);
      await harness.produce('lines', more);
      await harness.clock.advance(150);
      if (round === 2) older = disk.copy();
    }
    await harness.until(() => crashing.state === 'ERROR', 'the instance crashed');
    expect(await ended).toBeInstanceOf(Crash);

    if (diskKind === 'older') disk.putBack(older);
    if (diskKind === 'absent') disk.putBack(new Map());
    const again = harness.instance(wordCount(), { state: disk.backend() });
    await harness.clock.run(again.start());
    await harness.running(again);
    const last = lines(15, given.length);
    given.push(...last);
    await harness.produce('lines', last);
    await harness.clock.advance(3_000);

    const truth = countWords(given);
    const counted = lastCounts(harness.cluster);
    expect(belowTruth(counted, truth)).toEqual([]);
    // What one crash can repeat is what was not committed then: its words are written again to the repartition topic, and counted again on top of the restored counts.
    const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect(total(counted)).toBeLessThanOrEqual(total(truth) * 3);
    const stored = new Map([...again.store<string, { value: number }>('counts').all()].map(({ key, value }) => [key, value.value]));
    expect(sorted(stored)).toEqual(sorted(changelogCounts(harness.cluster)));
    await harness.clock.run(again.close());

    // And what is on disk after the clean stop is all of it: a third start restores nothing.
    let restored = 0;
    const third = harness.instance(wordCount(), {
      state: disk.backend(),
      onRestore: (event) => {
        if (event.kind === 'end') restored += event.records;
      },
    });
    await harness.clock.run(third.start());
    await harness.running(third);
    expect(restored).toBe(0);
  });
});
