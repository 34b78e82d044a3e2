/** Rebalances in awkward moments, topics that change, and buffers that fill. */
import { type ProcessorContext, serdes, StreamsBuilder, type Topology } from '@millrace/core';
import type { KafkaStreams, RestoreEvent } from '@millrace/core/runtime';
import { createPartitionsApi, fetchApi, heartbeatApi, joinGroupApi, offsetCommitApi, produceApi } from '@millrace/kafka/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { Harness } from './support/harness.ts';
import { KeptDisk } from './support/kept-state.ts';
import { belowTruth, changelogCounts, countWords, lastCounts, lines, sorted, wordCount } from './support/word-count.ts';

let harness: Harness;
afterEach(() => harness.close());

async function start(partitions = 2): Promise<void> {
  harness = await Harness.start();
  harness.cluster.createTopic('lines', { partitions });
  harness.cluster.createTopic('words');
}

const stored = (...apps: readonly KafkaStreams[]): Record<string, number> =>
  sorted(
    new Map(
      apps.flatMap((app) =>
        [...app.store<string, { value: number }>('counts').all()].map(({ key, value }): [string, number] => [key, value.value]),
      ),
    ),
  );

describe('rebalances', () => {
  it('restores through a rebalance in the middle of a restore, and ends right', async () => {
    await start();
    const first = harness.instance(wordCount());
    await harness.clock.run(first.start());
    await harness.produce('lines', lines(200));
    await harness.clock.advance(3_000);
    await harness.clock.run(first.close());

    // Every read of the changelog takes long: the restore is still under way when the group changes, twice.
    const stop = harness.cluster.intercept(fetchApi, (_request, context) => (context.clientId === 'slow' ? { delayMs: 2_000 } : 'pass'));
    const events: RestoreEvent[] = [];
    const second = harness.instance(wordCount(), { clientId: 'slow', onRestore: (event) => events.push(event) });
    await harness.clock.run(second.start());
    await harness.until(() => events.some((event) => event.kind === 'start'), 'the restore has begun');
    const third = harness.instance(wordCount(), { clientId: 'slow' });
    await harness.clock.run(third.start());
    await harness.clock.advance(1_000);
    await harness.clock.run(third.close());
    stop();
    await harness.running(second);
    expect(stored(second)).toEqual(sorted(countWords(lines(200))));
    await harness.produce('lines', lines(20, 200));
    await harness.clock.advance(3_000);
    expect(sorted(lastCounts(harness.cluster))).toEqual(sorted(countWords(lines(220))));
  });

  it('does not trust what it suspended if it missed a generation', async () => {
    await start();
    const disks = [new KeptDisk(1), new KeptDisk(2)];
    const [first, second] = disks.map((disk, index) =>
      harness.instance(wordCount(), { clientId: `client-${index}`, state: disk.backend(), sessionTimeoutMs: 4_000 }),
    ) as [KafkaStreams, KafkaStreams];
    await harness.clock.run(first.start());
    await harness.clock.run(second.start());
    await harness.until(() => first.tasks().length === 2 && second.tasks().length === 2, 'both have tasks');
    await harness.running(first, second);
    await harness.produce('lines', lines(30));
    await harness.clock.advance(1_000);
    // The second one hears nothing and is heard by nobody for longer than its session: the first one goes on with everything.
    const stops = [offsetCommitApi, fetchApi, joinGroupApi, produceApi].map((api) =>
      harness.cluster.intercept(api, (_request, context) => (context.clientId === 'client-1' ? 'drop' : 'pass')),
    );
    const beats = harness.cluster.intercept(heartbeatApi, (_request, context) => (context.clientId === 'client-1' ? 'drop' : 'pass'));
    await harness.until(() => first.tasks().length === 4 && first.state === 'RUNNING', 'the first one has everything');
    await harness.produce('lines', lines(30, 30));
    await harness.clock.advance(3_000);
    for (const end of [...stops, beats]) end();
    await harness.until(
      () => first.tasks().length === 2 && second.tasks().length === 2 && first.state === 'RUNNING' && second.state === 'RUNNING',
      'both have tasks again',
    );
    await harness.produce('lines', lines(30, 60));
    // Requests that were lost are waited for until they time out.
    await harness.clock.advance(60_000);
    expect(belowTruth(lastCounts(harness.cluster), countWords(lines(90)))).toEqual([]);
    expect(stored(first, second)).toEqual(sorted(changelogCounts(harness.cluster)));
  });

  it('lets nothing of its own out after a barrier that took longer than the group waits', async () => {
    await start();
    const first = harness.instance(wordCount(), { clientId: 'stuck', rebalanceTimeoutMs: 3_000, commitIntervalMs: 3_600_000 });
    await harness.clock.run(first.start());
    await harness.running(first);
    await harness.produce('lines', lines(30));
    // What it writes is not acknowledged for longer than the group waits for its barrier.
    const stop = harness.cluster.intercept(produceApi, (_request, context) => (context.clientId === 'stuck' ? 'drop' : 'pass'));
    await harness.clock.advance(100);
    const second = harness.instance(wordCount(), { rebalanceTimeoutMs: 3_000 });
    await harness.clock.run(second.start());
    await harness.until(() => second.tasks().length > 0 && second.state === 'RUNNING', 'the second instance has tasks', 15_000);
    stop();
    await harness.until(
      () => first.state === 'RUNNING' && second.state === 'RUNNING' && first.tasks().length === 2 && second.tasks().length === 2,
      'both run',
      120_000,
    );
    await harness.clock.advance(10_000);
    expect(belowTruth(lastCounts(harness.cluster), countWords(lines(30)))).toEqual([]);
    expect(stored(first, second)).toEqual(sorted(changelogCounts(harness.cluster)));
  });

  it('stops an instance whose static name another one took', async () => {
    await start();
    const first = harness.instance(wordCount(), { instanceId: 'one' });
    const ended = first.run().catch((error: unknown) => error);
    await harness.running(first);
    const second = harness.instance(wordCount(), { instanceId: 'one', clientId: 'other' });
    await harness.clock.run(second.start());
    expect(await harness.clock.run(ended)).toMatchObject({ code: 'MR_CLIENT_FATAL', kafkaCode: 82 });
    expect(first.state).toBe('ERROR');
    await harness.running(second);
    await harness.produce('lines', lines(20));
    await harness.clock.advance(3_000);
    expect(sorted(lastCounts(harness.cluster))).toEqual(sorted(countWords(lines(20))));
  });

  it('moves few tasks when one of three instances is replaced', async () => {
    await start(6);
    const apps = [1, 2, 3].map((digit) => harness.instance(wordCount(), { state: new KeptDisk(digit).backend() }));
    await harness.clock.run(Promise.all(apps.map((app) => app.start())));
    await harness.until(() => apps.every((app) => app.tasks().length === 4 && app.state === 'RUNNING'), 'four tasks each');
    const before = apps.map((app) => app.tasks().map((task) => task.taskId));
    await harness.clock.run((apps[2] as KafkaStreams).close());
    const replacement = harness.instance(wordCount(), { state: new KeptDisk(4).backend() });
    await harness.clock.run(replacement.start());
    await harness.until(
      () => replacement.tasks().length === 4 && apps.slice(0, 2).every((app) => app.tasks().length === 4),
      'four tasks each again',
    );
    for (const index of [0, 1]) {
      const kept = (apps[index] as KafkaStreams).tasks().filter((task) => before[index]?.includes(task.taskId) === true);
      expect(kept.length).toBeGreaterThanOrEqual(3);
    }
  });

  it('comes back to its local state after a restart: nothing is restored', async () => {
    await start();
    const disks = [new KeptDisk(1), new KeptDisk(2)];
    const make = (index: number, onRestore: (event: RestoreEvent) => void = () => {}): KafkaStreams =>
      harness.instance(wordCount(), { state: (disks[index] as KeptDisk).backend(), onRestore });
    const first = make(0);
    const second = make(1);
    await harness.clock.run(Promise.all([first.start(), second.start()]));
    await harness.until(() => first.tasks().length === 2 && second.tasks().length === 2, 'both have tasks');
    await harness.produce('lines', lines(40));
    await harness.clock.advance(2_000);
    // Both stop at once and start again: each finds the tasks whose state it has.
    const had = [first, second].map((app) => app.tasks().map((task) => task.taskId));
    await harness.clock.run(Promise.all([first.close(), second.close()]));
    let records = 0;
    const note = (event: RestoreEvent): void => {
      if (event.kind === 'end') records += event.records;
    };
    const again = [make(0, note), make(1, note)];
    await harness.clock.run(Promise.all(again.map((app) => app.start())));
    await harness.until(() => again.every((app) => app.state === 'RUNNING' && app.tasks().length === 2), 'both run again');
    const stateful = (tasks: readonly string[]): readonly string[] => tasks.filter((id) => id.startsWith('1_'));
    expect(again.map((app) => stateful(app.tasks().map((task) => task.taskId)))).toEqual(had.map(stateful));
    expect(records).toBe(0);
  });
});

describe('topics that change', () => {
  function fromPattern(): Topology {
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder.stream(/in-.*/).to('words');
    return builder.build();
  }

  it('reads a topic that matches a pattern and was made later', async () => {
    harness = await Harness.start();
    harness.cluster.createTopic('words');
    harness.cluster.createTopic('in-1');
    const app = harness.instance(fromPattern(), { topicRefreshMs: 1_000 });
    await harness.clock.run(app.start());
    await harness.running(app);
    harness.cluster.createTopic('in-2', { partitions: 2 });
    await harness.produce('in-2', [{ value: 'x' }, { value: 'y' }]);
    await harness.until(() => harness.cluster.records('words').length === 2, 'the new topic is read', 10_000);
    harness.cluster.deleteTopic('in-1');
    await harness.clock.advance(5_000);
    await harness.produce('in-2', [{ value: 'z' }]);
    await harness.until(() => harness.cluster.records('words').length === 3, 'the other topic is read on', 10_000);
    expect(app.state).toBe('RUNNING');
  });

  it('goes on with the processors and schedules of a task that gets a topic more, and loses no record', async () => {
    harness = await Harness.start();
    harness.cluster.createTopic('words');
    harness.cluster.createTopic('in-1');
    const made: string[] = [];
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder
      .stream(/in-.*/)
      .process<string, string>(() => {
        let context: ProcessorContext<string, string>;
        let seen = 0;
        return {
          init: (own): void => {
            context = own;
            made.push(own.taskId);
          },
          process: (record): void => context.forward(record.withValue(`${record.value} ${++seen}`)),
        };
      })
      .to('words');
    const app = harness.instance(builder.build(), { topicRefreshMs: 1_000 });
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.produce('in-1', [{ value: 'a' }]);
    await harness.until(() => harness.cluster.records('words').length === 1, 'the first topic is read', 10_000);
    harness.cluster.createTopic('in-2');
    await harness.produce('in-2', [{ value: 'b' }, { value: 'c' }]);
    await harness.until(() => harness.cluster.records('words').length === 3, 'the new topic is read from its start', 10_000);
    await harness.produce('in-1', [{ value: 'd' }]);
    await harness.until(() => harness.cluster.records('words').length === 4, 'the first one is read on', 10_000);
    const values = harness.cluster.records('words').map(({ value }) => Buffer.from(value ?? []).toString());
    expect(values).toEqual(['a 1', 'b 2', 'c 3', 'd 4']);
    expect(made).toEqual(['0_0']);
  });

  it('reads partitions that were added to a topic', async () => {
    await start(1);
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder.stream('lines').to('words');
    const app = harness.instance(builder.build(), { topicRefreshMs: 1_000 });
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.raw(createPartitionsApi, 3, {
      topics: [{ name: 'lines', count: 3, assignments: null }],
      timeoutMs: 1_000,
      validateOnly: false,
    });
    await harness.until(() => app.tasks().length === 3, 'there are three tasks', 10_000);
    await harness.produce('lines', [{ value: 'x', partition: 2 }]);
    await harness.until(() => harness.cluster.records('words').length === 1, 'the new partition is read', 10_000);
  });

  it('stops with a code if partitions were added upstream of state, which would move keys away from it', async () => {
    await start(1);
    const app = harness.instance(wordCount(), { topicRefreshMs: 1_000 });
    const ended = app.run().catch((error: unknown) => error);
    await harness.running(app);
    await harness.raw(createPartitionsApi, 3, {
      topics: [{ name: 'lines', count: 3, assignments: null }],
      timeoutMs: 1_000,
      validateOnly: false,
    });
    expect(await harness.clock.run(ended)).toMatchObject({
      code: 'MR_INTERNAL_TOPIC_INVALID',
      message: expect.stringMatching(/has 1 partitions and needs 3/),
    });
    expect(app.state).toBe('ERROR');
  });
});

describe('buffers', () => {
  it('stops reading and processing while the output cannot go out, and goes on', async () => {
    await start();
    const app = harness.instance(wordCount(), {
      bufferedRecordsPerPartition: 50,
      bufferedBytes: 50_000,
      producer: { maxBufferedBytes: 5_000, maxBatchBytes: 2_000, lingerMs: 5, deliveryTimeoutMs: 60_000 },
    });
    await harness.clock.run(app.start());
    await harness.running(app);
    const stop = harness.cluster.intercept(produceApi, (_request, context) => (context.clientId === 'app' ? { delayMs: 400 } : 'pass'));
    await harness.produce('lines', lines(3_000));
    await harness.clock.advance(5_000);
    const early = harness.cluster.records('app-counts-repartition').length;
    expect(early).toBeLessThan(9_000);
    stop();
    await harness.clock.advance(20_000);
    expect(sorted(lastCounts(harness.cluster))).toEqual(sorted(countWords(lines(3_000))));
  });

  it('commits early when uncommitted state reaches its limit', async () => {
    await start(1);
    const app = harness.instance(wordCount(), { commitIntervalMs: 3_600_000, maxUncommittedBytes: 2_000 });
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.produce('lines', lines(500));
    await harness.clock.advance(2_000);
    expect((await harness.committed('lines', 0)) ?? 0).toBeGreaterThan(100);
  });
});

describe('output that a broker refuses', () => {
  function longLines(): Topology {
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder.stream('lines').to('words');
    return builder.build();
  }
  const given = [{ value: 'short' }, { value: 'x'.repeat(2_000) }, { value: 'also short' }];

  async function startWithLimit(): Promise<void> {
    harness = await Harness.start();
    harness.cluster.createTopic('lines');
    harness.cluster.createTopic('words', { configs: { 'max.message.bytes': '500' } });
  }

  it('stops by default, and the offsets of its inputs are not committed', async () => {
    await startWithLimit();
    const app = harness.instance(longLines());
    const ended = app.run().catch((error: unknown) => error);
    await harness.running(app);
    await harness.produce('lines', given);
    expect(await harness.clock.run(ended)).toMatchObject({
      code: 'MR_PRODUCTION',
      message: expect.stringMatching(/words/),
      cause: { code: 'MR_CLIENT_FATAL' },
    });
    expect(await harness.committed('lines', 0)).toBe(0);
  });

  it('goes on without it where the production handler says so, and counts it', async () => {
    await startWithLimit();
    const app = harness.instance(longLines(), { handlers: { production: () => 'continue' } });
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.produce('lines', given);
    await harness.until(() => harness.cluster.records('words').length === 2, 'the other records are there', 10_000);
    await harness.clock.advance(2_000);
    expect(await harness.committed('lines', 0)).toBe(3);
    const dropped = app.metrics.collect().filter((sample) => sample.name === 'dropped-records-total');
    expect(dropped.reduce((sum, sample) => sum + sample.value, 0)).toBe(1);
    expect(app.state).toBe('RUNNING');
  });
});
