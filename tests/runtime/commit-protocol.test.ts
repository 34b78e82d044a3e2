/** What is on disk and committed stays true to the changelogs when others write to them, tasks come and go, and engines fail for good. */
import type { Logger } from '@millrace/core/kafka';
import type { KafkaStreams } from '@millrace/core/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Harness } from './support/harness.ts';
import { changelogCounts, countWords, lastCounts, lines, sorted, wordCount } from './support/word-count.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.start();
  harness.cluster.createTopic('lines', { partitions: 2 });
  harness.cluster.createTopic('words');
});
afterEach(() => harness.close());

/** Collects what is logged as an error. */
function errorLog(): { readonly log: Logger; readonly errors: string[] } {
  const errors: string[] = [];
  const nothing = (): void => {};
  return { errors, log: { debug: nothing, info: nothing, warn: nothing, error: (message) => void errors.push(message) } };
}

const stored = (app: KafkaStreams): Record<string, number> =>
  sorted(new Map([...app.store<string, { value: number }>('counts').all()].map(({ key, value }) => [key, value.value])));

describe('changelogs', () => {
  it('takes in what somebody else wrote between the restore and the first commit', async () => {
    const app = harness.instance(wordCount());
    await harness.clock.run(app.start());
    await harness.running(app);
    // As of a producer whose last request comes in late: 8 bytes of count, under words that nobody counts here.
    const late = [0, 1].map((partition) => ({ key: `late-${partition}`, value: '\0\0\0\0\0\0\0\u0009', partition }));
    await harness.produce('app-counts-changelog', late);
    await harness.produce('lines', lines(40));
    await harness.clock.advance(5_000);
    await harness.running(app);
    expect(stored(app)).toEqual(sorted(changelogCounts(harness.cluster)));
    expect(stored(app)).toMatchObject({ 'late-0': 9, 'late-1': 9 });
  });

  it('goes on without a failure when a task comes back after it ran elsewhere', async () => {
    const { log, errors } = errorLog();
    const first = harness.instance(wordCount(), { log });
    await harness.clock.run(first.start());
    await harness.running(first);
    await harness.produce('lines', lines(40));
    await harness.clock.advance(1_000);
    const second = harness.instance(wordCount(), { log });
    await harness.clock.run(second.start());
    await harness.until(() => first.tasks().length === 2 && second.tasks().length === 2, 'both have tasks');
    await harness.running(first, second);
    await harness.produce('lines', lines(40, 40));
    await harness.clock.advance(2_000);
    await harness.clock.run(second.close());
    await harness.until(() => first.tasks().length === 4 && first.state === 'RUNNING', 'the first one has everything again');
    await harness.produce('lines', lines(40, 80));
    await harness.clock.advance(2_000);
    expect(sorted(lastCounts(harness.cluster))).toEqual(sorted(countWords(lines(120))));
    expect(errors).toEqual([]);
  });
});
