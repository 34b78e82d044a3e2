/** What is on disk and committed stays true to the changelogs when others write to them, tasks come and go, and engines fail for good. */
import type { Logger } from '@millrace/core/kafka';
import type { KafkaStreams, RestoreEvent } from '@millrace/core/runtime';
import { heartbeatApi, offsetFetchApi } from '@millrace/kafka/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Harness } from './support/harness.ts';
import { KeptDisk } from './support/kept-state.ts';
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

describe('failures that go on', () => {
  it('ends when a second writer to a changelog does not go away', async () => {
    const app = harness.instance(wordCount());
    const ended = app.run().catch((error: unknown) => error);
    await harness.running(app);
    for (let round = 0; round < 600 && app.state !== 'ERROR'; round++) {
      await harness.produce('lines', lines(4, round * 4));
      const others = [0, 1].map((partition) => ({ key: `other-${partition}`, value: '\0\0\0\0\0\0\0\u0009', partition }));
      await harness.produce('app-counts-changelog', others);
      await harness.clock.advance(100);
    }
    expect(app.state).toBe('ERROR');
    expect(await ended).toMatchObject({ code: 'MR_INVARIANT', message: expect.stringMatching(/app-counts-changelog.*another process/) });
  });

  it('keep the state of tasks that wait to be opened again, however long it takes', async () => {
    const disk = new KeptDisk(1);
    const events: RestoreEvent[] = [];
    const app = harness.instance(wordCount(), {
      state: disk.backend(),
      stateCleanupDelayMs: 2_000,
      onUncaughtError: () => 'restartTasks',
      onRestore: (event) => events.push(event),
    });
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.produce('lines', lines(40));
    await harness.clock.advance(3_000);
    events.length = 0;
    const beats = harness.cluster.intercept(heartbeatApi, () => 'drop');
    const offsets = harness.cluster.intercept(offsetFetchApi, () => 'drop');
    await harness.clock.advance(10_000);
    beats();
    // Failures in a row, so that the pauses between them grow beyond the delay of the clean-up.
    await harness.clock.advance(300_000);
    offsets();
    await harness.running(app);
    expect(events).toEqual([]);
    expect(stored(app)).toEqual(sorted(countWords(lines(40))));
  });

  it('are not one failure if there was nothing to do for long between them', async () => {
    const app = harness.instance(wordCount());
    await harness.clock.run(app.start());
    await harness.running(app);
    for (let incident = 0; incident < 2; incident++) {
      // The membership is lost, and then nobody says what is committed for longer than a task is patient.
      const beats = harness.cluster.intercept(heartbeatApi, () => 'drop');
      const offsets = harness.cluster.intercept(offsetFetchApi, () => 'drop');
      await harness.clock.advance(10_000);
      beats();
      await harness.clock.advance(40_000);
      offsets();
      await harness.until(() => app.state === 'RUNNING' || app.state === 'ERROR', 'it is over');
      expect(app.state).toBe('RUNNING');
      await harness.clock.advance(300_000);
    }
    await harness.produce('lines', lines(10));
    await harness.clock.advance(3_000);
    expect(sorted(lastCounts(harness.cluster))).toEqual(sorted(countWords(lines(10))));
  });
});
