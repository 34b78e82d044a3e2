/** An ordinary input that was deleted and made again while a task's stores without a changelog stand in the one before. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core';
import type { KafkaStreams, KafkaStreamsOptions } from '@millrace/core/runtime';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Harness } from './support/harness.ts';
import { KeptDisk } from './support/kept-state.ts';

let harness: Harness;
let disk: KeptDisk;

beforeEach(async () => {
  harness = await Harness.start();
  for (const topic of ['left', 'right']) harness.cluster.createTopic(topic);
  disk = new KeptDisk(1);
});
afterEach(() => harness.close());

function counting(logging: boolean): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream('left')
    .merge(builder.stream('right'))
    .groupByKey()
    .count({ store: { name: 'counts', logging } });
  return builder.build();
}

const records = (key: string, count: number): { key: string; value: string }[] =>
  Array.from({ length: count }, () => ({ key, value: 'x' }));

async function started(logging: boolean, options: Partial<KafkaStreamsOptions> = {}): Promise<KafkaStreams> {
  const app = harness.instance(counting(logging), { state: disk.backend(), ...options });
  await harness.clock.run(app.start());
  await harness.running(app);
  await harness.clock.advance(2_000);
  return app;
}

/** Counts some of both, stops, and makes `right` anew with fewer records than it had. */
async function makeAgain(logging: boolean): Promise<void> {
  await harness.produce('left', records('l', 2));
  await harness.produce('right', records('r', 5));
  await harness.clock.run((await started(logging)).close());
  harness.cluster.deleteTopic('right');
  harness.cluster.createTopic('right');
  await harness.renewClient();
  await harness.produce('right', records('n', 7));
}

const countsOf = (app: KafkaStreams): unknown =>
  Object.fromEntries([...app.store('counts').all()].map(({ key, value }) => [key, (value as { readonly value: bigint | number }).value]));

it('stops by default: the stores have records of the input before', async () => {
  await makeAgain(false);
  const app = harness.instance(counting(false), { state: disk.backend() });
  const ended = app.run().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(await harness.clock.run(ended)).toMatchObject({ code: 'MR_TOPIC_RECREATED', details: { taskId: '0_0', topic: 'right' } });
});

it.each([false, true])(
  'reads it from its start where that was chosen, and keeps the rows; the next start goes on (logging %s)',
  async (logging) => {
    await makeAgain(logging);
    const options = { stateMismatch: 'rebuild' } as const;
    const app = await started(logging, options);
    expect(countsOf(app)).toEqual({ l: 2, r: 5, n: 7 });
    await harness.produce('right', records('n', 1));
    await harness.clock.run(app.close());
    expect(countsOf(await started(logging))).toEqual({ l: 2, r: 5, n: 8 });
  },
);
