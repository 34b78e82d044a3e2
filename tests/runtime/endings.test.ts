/** How an instance ends whose last commit fails, and how it goes on after its reader failed for good. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core';
import type { KafkaStreams } from '@millrace/core/runtime';
import { fetchApi, offsetCommitApi } from '@millrace/kafka/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { Harness } from './support/harness.ts';

let harness: Harness;
afterEach(() => harness.close());

function copying(fail: () => boolean = () => false): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), cacheBytes: 1_000_000 });
  builder
    .stream('in')
    .groupByKey()
    .count({ store: { name: 'counts', caching: true } })
    .toStream()
    .mapValues((count) => {
      if (fail()) throw new RangeError('at the flush');
      return String(count);
    })
    .to('out');
  return builder.build();
}

async function start(): Promise<void> {
  harness = await Harness.start();
  harness.cluster.createTopic('in');
  harness.cluster.createTopic('out');
}

const ending = (app: KafkaStreams): Promise<unknown> =>
  app.run().then(
    () => 'stopped',
    (error: unknown) => error,
  );

const counts = (): string[] => harness.cluster.records('out').map(({ value }) => Buffer.from(value ?? []).toString());

describe('a last commit that fails', () => {
  it.each([
    ['because the group went on without the member', 25],
    ['because a rebalance took the generation', 22],
    ['because another member has its identity', 82],
  ])('%s ends as any stop, and the next owner does the work again', async (_, errorCode) => {
    await start();
    const app = harness.instance(copying(), { commitIntervalMs: 3_600_000 });
    const ended = ending(app);
    await harness.running(app);
    await harness.produce('in', [{ key: 'a', value: '1' }]);
    await harness.clock.advance(500);
    const stop = harness.cluster.intercept(offsetCommitApi, ({ topics }) => ({
      answer: {
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
        })),
      },
    }));
    expect(await harness.clock.run(app.close())).toBe(true);
    expect(await harness.clock.run(ended)).toBe('stopped');
    expect(app.state).toBe('NOT_RUNNING');
    expect(await harness.committed('in', 0)).toBe(0);
    stop();

    const next = harness.instance(copying());
    await harness.clock.run(next.start());
    await harness.running(next);
    await harness.clock.advance(1_000);
    expect(await harness.committed('in', 0)).toBe(1);
    expect(counts().at(-1)).toMatch(/^[12]$/);
  });

  it('because of the user’s own code ends in ERROR: nobody must take it for a clean stop', async () => {
    await start();
    let failing = false;
    const app = harness.instance(
      copying(() => failing),
      { commitIntervalMs: 3_600_000 },
    );
    const ended = ending(app);
    await harness.running(app);
    await harness.produce('in', [{ key: 'a', value: '1' }]);
    await harness.clock.advance(500);
    failing = true;
    expect(await harness.clock.run(app.close())).toBe(true);
    expect(await harness.clock.run(ended)).toMatchObject({ code: 'MR_PROCESSING' });
    expect(app.state).toBe('ERROR');
  });
});

describe('a reader that failed for good', () => {
  it('is replaced where the tasks are started again', async () => {
    await start();
    let refused = 0;
    const app = harness.instance(copying(), { onUncaughtError: () => 'restartTasks' });
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.produce('in', [{ key: 'a', value: '1' }]);
    await harness.until(() => counts().length === 1, 'the first record is counted');
    await harness.clock.advance(1_000);
    const stop = harness.cluster.intercept(fetchApi, (_request, { clientId }) => {
      if (clientId !== 'app' || refused > 0) return 'pass';
      refused++;
      return { answer: { throttleTimeMs: 0, errorCode: 35, responses: [] } };
    });
    await harness.until(() => refused === 1, 'a fetch was refused for good');
    stop();
    await harness.produce('in', [{ key: 'a', value: '2' }]);
    await harness.until(() => counts().length === 2, 'the second record is counted', 30_000);
    expect(counts()).toEqual(['1', '2']);
    expect(app.state).toBe('RUNNING');
  });

  it('stops the instance where the failure is not to be survived', async () => {
    await start();
    const app = harness.instance(copying());
    const ended = ending(app);
    await harness.running(app);
    const stop = harness.cluster.intercept(fetchApi, (_request, { clientId }) =>
      clientId === 'app' ? { answer: { throttleTimeMs: 0, errorCode: 35, responses: [] } } : 'pass',
    );
    expect(await harness.clock.run(ended)).toMatchObject({ code: 'MR_CLIENT_FATAL' });
    expect(app.state).toBe('ERROR');
    stop();
  });
});
