/** The handle's life: states, stopping from inside and outside, and what happens after failures. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core';
import { heartbeatApi, offsetCommitApi, produceApi } from '@millrace/kafka/protocol';
import type { ClientState, KafkaStreams, SignalSource, UncaughtDecision } from '@millrace/core/runtime';
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

/** Word count whose mapper may fail. */
function failing(shouldFail: (line: string) => boolean): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream('lines')
    .flatMapValues((line) => {
      if (shouldFail(line)) throw new Error(`cannot map ${line}`);
      return line.split(' ');
    })
    .groupBy((word) => word)
    .count({ store: 'counts' })
    .toStream()
    .to('words');
  return builder.build();
}

const outcome = (run: Promise<void>): Promise<unknown> =>
  run.then(
    () => 'stopped',
    (error: unknown) => error,
  );

describe('states', () => {
  it('goes through the states of Kafka Streams', async () => {
    await start();
    const seen: ClientState[] = [];
    const app = harness.instance(wordCount(), { onStateChange: (state) => seen.push(state) });
    expect(app.state).toBe('CREATED');
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.clock.run(app.close());
    expect(seen).toEqual(['REBALANCING', 'RUNNING', 'PENDING_SHUTDOWN', 'NOT_RUNNING']);
  });

  it('starts once', async () => {
    await start();
    const app = harness.instance(wordCount());
    await harness.clock.run(app.start());
    await expect(app.start()).rejects.toMatchObject({ code: 'MR_STATE_INVALID' });
    await harness.clock.run(app.close());
    await expect(app.start()).rejects.toMatchObject({ code: 'MR_STATE_INVALID' });
  });

  it('closes what never started, and closes twice', async () => {
    await start();
    const app = harness.instance(wordCount());
    expect(await harness.clock.run(app.close())).toBe(true);
    expect(app.state).toBe('NOT_RUNNING');
    expect(await harness.clock.run(app.close())).toBe(true);
  });

  it('is REBALANCING while a task restores, and while the group rebalances', async () => {
    await start();
    const states: string[] = [];
    const first = harness.instance(wordCount(), { onStateChange: (state) => states.push(state) });
    await harness.clock.run(first.start());
    await harness.running(first);
    const second = harness.instance(wordCount());
    await harness.clock.run(second.start());
    await harness.running(first, second);
    await harness.clock.advance(2_000);
    expect(states).toEqual(['REBALANCING', 'RUNNING', 'REBALANCING', 'RUNNING']);
  });
});

describe('stopping', () => {
  it('ends run() when the signal aborts, with everything committed', async () => {
    await start();
    await harness.produce('lines', lines(40));
    const app = harness.instance(wordCount(), { commitIntervalMs: 3_600_000 });
    const abort = new AbortController();
    const ended = outcome(app.run({ signal: abort.signal }));
    await harness.running(app);
    await harness.clock.advance(1_000);
    abort.abort();
    expect(await harness.clock.run(ended)).toBe('stopped');
    expect(app.state).toBe('NOT_RUNNING');
    expect(await harness.committed('lines', 0)).toBe(20);
    // What the first stage wrote last is in the repartition topic for the next start: nothing is lost.
    const again = harness.instance(wordCount());
    await harness.clock.run(again.start());
    await harness.clock.advance(3_000);
    expect(sorted(lastCounts(harness.cluster))).toEqual(sorted(countWords(lines(40))));
  });

  it('does not start for a signal that aborted before', async () => {
    await start();
    const app = harness.instance(wordCount());
    expect(await harness.clock.run(outcome(app.run({ signal: AbortSignal.abort() })))).toBe('stopped');
    expect(app.state).toBe('NOT_RUNNING');
  });

  it('stops while it waits for a source topic', async () => {
    harness = await Harness.start();
    const app = harness.instance(wordCount(), { topicTimeoutMs: 600_000 });
    const abort = new AbortController();
    const ended = outcome(app.run({ signal: abort.signal }));
    await harness.clock.advance(3_000);
    abort.abort();
    expect(await harness.clock.run(ended)).toBe('stopped');
    expect(app.state).toBe('NOT_RUNNING');
  });

  it('stops while no broker answers', async () => {
    await start();
    await harness.cluster.stopBroker(1);
    const app = harness.instance(wordCount());
    const ended = outcome(app.run());
    await harness.clock.advance(3_000);
    expect(await harness.clock.run(app.close())).toBe(true);
    expect(await harness.clock.run(ended)).toBe('stopped');
    await harness.cluster.startBroker(1);
  });

  it('closes at the first signal of the process and exits at the second', async () => {
    await start();
    const listeners = new Map<string, () => void>();
    const exits: number[] = [];
    const signals: SignalSource = {
      on: (signal, listener) => listeners.set(signal, listener),
      off: (signal) => listeners.delete(signal),
      exit: (code) => exits.push(code),
    };
    const app = harness.instance(wordCount(), { handleSignals: true, unstable: { signals } });
    const ended = outcome(app.run());
    await harness.running(app);
    expect([...listeners.keys()]).toEqual(['SIGINT', 'SIGTERM']);
    listeners.get('SIGTERM')?.();
    expect(exits).toEqual([]);
    listeners.get('SIGINT')?.();
    expect(exits).toEqual([1]);
    expect(await harness.clock.run(ended)).toBe('stopped');
    expect(listeners.size).toBe(0);
  });

  it('gives up a close that takes too long, and the next owner replays', async () => {
    await start();
    const app = harness.instance(wordCount(), { commitIntervalMs: 3_600_000 });
    const ended = outcome(app.run());
    await harness.running(app);
    await harness.produce('lines', lines(20));
    await harness.clock.advance(500);
    const resume = harness.cluster.intercept(produceApi, () => 'drop');
    const more = harness.cluster.intercept(offsetCommitApi, () => 'drop');
    expect(await harness.clock.run(app.close({ timeoutMs: 2_000 }))).toBe(false);
    expect(await harness.clock.run(ended)).toMatchObject({ code: 'MR_CLOSED' });
    expect(app.state).toBe('ERROR');
    resume();
    more();
    const again = harness.instance(wordCount());
    await harness.clock.run(again.start());
    await harness.clock.advance(10_000);
    expect(belowTruth(lastCounts(harness.cluster), countWords(lines(20)))).toEqual([]);
  });

  it('leaves the group at once unless it is static', async () => {
    await start();
    const first = harness.instance(wordCount());
    const second = harness.instance(wordCount(), { sessionTimeoutMs: 30_000 });
    await harness.clock.run(Promise.all([first.start(), second.start()]));
    await harness.running(first, second);
    await harness.clock.run(second.close());
    await harness.until(() => first.tasks().length === 4, 'the first instance has taken over', 3_000);
  });

  it('keeps the place of a static member over a restart', async () => {
    await start();
    const disks = [new KeptDisk(1), new KeptDisk(2)];
    const make = (index: number): KafkaStreams =>
      harness.instance(wordCount(), {
        instanceId: `member-${index}`,
        state: (disks[index] as KeptDisk).backend(),
        sessionTimeoutMs: 30_000,
      });
    const first = make(0);
    const second = make(1);
    await harness.clock.run(Promise.all([first.start(), second.start()]));
    await harness.until(() => first.tasks().length === 2 && second.tasks().length === 2, 'both have two tasks');
    await harness.running(first, second);
    await harness.produce('lines', lines(20));
    await harness.clock.advance(1_000);
    const tasks = second.tasks().map((task) => task.taskId);
    await harness.clock.run(second.close());
    await harness.clock.advance(5_000);
    expect(first.tasks()).toHaveLength(2);
    const back = make(1);
    await harness.clock.run(back.start());
    await harness.until(() => back.state === 'RUNNING' && back.tasks().length === 2, 'the member is back');
    expect(back.tasks().map((task) => task.taskId)).toEqual(tasks);
    await harness.produce('lines', lines(20, 20));
    await harness.clock.advance(3_000);
    expect(sorted(lastCounts(harness.cluster))).toEqual(sorted(countWords(lines(40))));
  });
});

describe('failures', () => {
  it('shuts down by default: ERROR, run() rejects with the typed error, nothing is skipped', async () => {
    await start(1);
    const app = harness.instance(failing((line) => line === 'bad line'));
    const ended = outcome(app.run());
    await harness.running(app);
    await harness.produce('lines', [{ value: 'good' }, { value: 'bad line' }, { value: 'later' }]);
    const error = await harness.clock.run(ended);
    expect(error).toMatchObject({ code: 'MR_PROCESSING', details: { topic: 'lines', partition: 0, offset: 1 } });
    expect(app.state).toBe('ERROR');
    expect((await harness.committed('lines', 0)) ?? 0).toBeLessThanOrEqual(1);
  });

  it('restarts the tasks where the handler says so, and loses nothing', async () => {
    await start(1);
    let failures = 0;
    const app = harness.instance(
      failing((line) => line === 'flaky' && failures++ < 2),
      { onUncaughtError: (): UncaughtDecision => 'restartTasks' },
    );
    await harness.clock.run(app.start());
    await harness.running(app);
    const given = [{ value: 'a b' }, { value: 'flaky' }, { value: 'a' }];
    await harness.produce('lines', given);
    await harness.clock.advance(5_000);
    expect(app.state).toBe('RUNNING');
    expect(failures).toBe(3);
    expect(belowTruth(lastCounts(harness.cluster), countWords(given))).toEqual([]);
    expect(sorted(new Map([...app.store<string, { value: number }>('counts').all()].map(({ key, value }) => [key, value.value])))).toEqual(
      sorted(changelogCounts(harness.cluster)),
    );
  });

  it('stops every instance where the handler says so', async () => {
    await start();
    const first = harness.instance(
      failing((line) => line === 'poison'),
      { onUncaughtError: (): UncaughtDecision => 'shutdownApplication' },
    );
    const second = harness.instance(
      failing((line) => line === 'poison'),
      { onUncaughtError: (): UncaughtDecision => 'shutdownApplication' },
    );
    const ends = [first, second].map((app) => outcome(app.run()));
    await harness.until(() => first.state === 'RUNNING' && second.state === 'RUNNING' && first.tasks().length === 2, 'both run');
    await harness.produce('lines', [{ value: 'poison', partition: 0 }]);
    const errors = await harness.clock.run(Promise.all(ends));
    expect([first.state, second.state]).toEqual(['ERROR', 'ERROR']);
    expect(errors.map((error) => (error as { code: string }).code).sort()).toEqual(['MR_PROCESSING', 'MR_SHUTDOWN_REQUESTED']);
  });

  it('skips what the deserialization handler lets go, and counts it', async () => {
    await start(1);
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.json<{ n: number }>() });
    builder
      .stream('lines')
      .mapValues(({ n }) => ({ n: n + 1 }))
      .to('words');
    const app = harness.instance(builder.build(), { handlers: { deserialization: () => 'continue' } });
    await harness.clock.run(app.start());
    await harness.produce('lines', [{ value: '{"n":1}' }, { value: 'not json' }, { value: '{"n":2}' }]);
    await harness.clock.advance(1_000);
    expect(harness.cluster.records('words').map((record) => Buffer.from(record.value ?? []).toString())).toEqual(['{"n":2}', '{"n":3}']);
    expect(
      app.metrics
        .collect()
        .filter((sample) => sample.name === 'dropped-records-total')
        .reduce((sum, sample) => sum + sample.value, 0),
    ).toBe(1);
    expect(await harness.committed('lines', 0)).toBe(3);
  });

  it('stops at bytes that cannot be read, by default, and says where', async () => {
    await start(1);
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.json<{ n: number }>() });
    builder
      .stream('lines')
      .mapValues(({ n }) => ({ n: n + 1 }))
      .to('words');
    const app = harness.instance(builder.build());
    const ended = outcome(app.run());
    await harness.running(app);
    await harness.produce('lines', [{ value: '{"n":1}' }, { value: 'not json' }]);
    expect(await harness.clock.run(ended)).toMatchObject({
      code: 'MR_DESERIALIZATION',
      details: { topic: 'lines', partition: 0, offset: 1 },
    });
  });

  it('joins again after it was evicted, with nothing below its true count', async () => {
    await start();
    const app = harness.instance(wordCount(), { clientId: 'victim' });
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.produce('lines', lines(20));
    await harness.clock.advance(100);
    // No heartbeat gets through for longer than the session time-out.
    const resume = harness.cluster.intercept(heartbeatApi, () => 'drop');
    await harness.clock.advance(10_000);
    resume();
    await harness.produce('lines', lines(20, 20));
    await harness.clock.advance(10_000);
    expect(app.state).toBe('RUNNING');
    expect(belowTruth(lastCounts(harness.cluster), countWords(lines(40)))).toEqual([]);
  });

  it('refuses an instance of another topology in the group, and the others go on', async () => {
    await start();
    const app = harness.instance(wordCount());
    await harness.clock.run(app.start());
    await harness.running(app);
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder
      .stream('lines')
      .groupBy((line) => line)
      .count({ store: 'counts' })
      .toStream()
      .to('words');
    builder.stream('words').foreach(() => {});
    const other = harness.instance(builder.build());
    expect(await harness.clock.run(outcome(other.run()))).toMatchObject({ code: 'MR_TOPOLOGY_MISMATCH' });
    await harness.produce('lines', lines(20));
    await harness.clock.advance(5_000);
    await harness.running(app);
    expect(sorted(lastCounts(harness.cluster))).toEqual(sorted(countWords(lines(20))));
  });

  it('lets an instance with another mapper in: a rolling upgrade goes through', async () => {
    await start();
    const app = harness.instance(wordCount());
    const upgraded = harness.instance(failing(() => false));
    await harness.clock.run(Promise.all([app.start(), upgraded.start()]));
    await harness.running(app, upgraded);
    await harness.until(() => app.tasks().length === 2 && upgraded.tasks().length === 2, 'both have tasks');
  });
});
