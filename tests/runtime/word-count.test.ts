/** Word count by one to three instances: exact counts while instances join and leave. */
import { afterEach, describe, expect, it } from 'vitest';
import { Harness } from './support/harness.ts';
import { changelogCounts, countWords, lastCounts, lines, sorted, wordCount } from './support/word-count.ts';

let harness: Harness;
afterEach(() => harness.close());

async function start(): Promise<void> {
  harness = await Harness.start();
  harness.cluster.createTopic('lines', { partitions: 4 });
  harness.cluster.createTopic('words', { partitions: 2 });
}

const counted = (): Record<string, number> => sorted(lastCounts(harness.cluster));
const logged = (): Record<string, number> => sorted(changelogCounts(harness.cluster));

describe('word count on the embedded cluster', () => {
  it('counts what is there and what comes, and commits', async () => {
    await start();
    const first = lines(52);
    await harness.produce('lines', first);
    const app = harness.instance(wordCount());
    await harness.clock.run(app.start());
    await harness.running(app);
    expect(app.tasks().map((task) => task.taskId)).toEqual(['0_0', '0_1', '0_2', '0_3', '1_0', '1_1', '1_2', '1_3']);
    const second = lines(28, 52);
    await harness.produce('lines', second);
    await harness.clock.advance(2_000);
    const truth = sorted(countWords([...first, ...second]));
    expect(counted()).toEqual(truth);
    expect(logged()).toEqual(truth);
    expect(sorted(new Map([...app.store<string, { value: number }>('counts').all()].map(({ key, value }) => [key, value.value])))).toEqual(
      truth,
    );
    expect(await Promise.all([0, 1, 2, 3].map((partition) => harness.committed('lines', partition)))).toEqual([20, 20, 20, 20]);
    await harness.clock.run(app.close());
    expect(app.state).toBe('NOT_RUNNING');
  });

  it.each([1, 2, 3])('is exact with %i instances', async (count) => {
    await start();
    const apps = Array.from({ length: count }, () => harness.instance(wordCount()));
    await harness.clock.run(Promise.all(apps.map((app) => app.start())));
    await harness.until(
      () => apps.flatMap((app) => app.tasks()).length === 8 && apps.every((app) => app.state === 'RUNNING'),
      'eight tasks run',
    );
    const given = lines(200);
    await harness.produce('lines', given);
    await harness.clock.advance(3_000);
    expect(counted()).toEqual(sorted(countWords(given)));
    expect(Math.max(...apps.map((app) => app.tasks().length)) - Math.min(...apps.map((app) => app.tasks().length))).toBeLessThanOrEqual(1);
  });

  it('is exact while instances join and leave under load', async () => {
    await start();
    const given: { readonly value: string }[] = [];
    const load = async (): Promise<void> => {
      const some = lines(40, given.length);
      given.push(...some);
      await harness.produce('lines', some);
      await harness.clock.advance(60);
    };
    const first = harness.instance(wordCount());
    await harness.clock.run(first.start());
    await load();
    const second = harness.instance(wordCount());
    await harness.clock.run(second.start());
    for (let round = 0; round < 10; round++) await load();
    const third = harness.instance(wordCount());
    await harness.clock.run(third.start());
    for (let round = 0; round < 10; round++) await load();
    const leaving = first.close();
    for (let round = 0; round < 5; round++) await load();
    expect(await harness.clock.run(leaving)).toBe(true);
    for (let round = 0; round < 10; round++) await load();
    await harness.clock.run(third.close());
    await load();
    await harness.until(() => second.tasks().length === 8 && second.state === 'RUNNING', 'the last instance runs everything');
    await harness.clock.advance(2_000);
    const truth = sorted(countWords(given));
    // Committed at every barrier and closed cleanly: nothing was processed twice.
    expect(counted()).toEqual(truth);
    expect(logged()).toEqual(truth);
  });

  it('goes on where it was after a stop, from its changelog alone', async () => {
    await start();
    const first = harness.instance(wordCount());
    await harness.clock.run(first.start());
    await harness.produce('lines', lines(100));
    await harness.clock.advance(2_000);
    await harness.clock.run(first.close());
    await harness.produce('lines', lines(50, 100));
    const restores: string[] = [];
    const second = harness.instance(wordCount(), { onRestore: (event) => restores.push(`${event.kind} ${event.taskId}`) });
    await harness.clock.run(second.start());
    await harness.running(second);
    await harness.clock.advance(2_000);
    expect(counted()).toEqual(sorted(countWords(lines(150))));
    expect(restores.filter((event) => event.startsWith('start')).length).toBeGreaterThan(0);
    expect(restores.filter((event) => event.startsWith('end'))).toHaveLength(restores.filter((event) => event.startsWith('start')).length);
  });
});
