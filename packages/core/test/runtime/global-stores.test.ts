/** The global stores of an instance against scripted logs. */
import type { StateDirectory, TaskState } from '@millrace/state';
import { expect, test, vi } from 'vitest';
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts';
import { ClientError, StreamsError } from '../../src/errors.ts';
import { FetchedRecords } from '../../src/kafka/fetched-records.ts';
import { type TopicPartition, topicPartition } from '../../src/kafka/topic-partition.ts';
import { MetricsRegistry } from '../../src/metrics.ts';
import type { RestoreEvent } from '../../src/runtime/events.ts';
import { GlobalStores } from '../../src/runtime/global-stores.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { ReadOnlyKeyValueStore, ValueAndTimestamp } from '../../src/stores/faces.ts';
import { FakeClient, type FakeReader, fakeState, retriable, settled, TestClock, testOptions } from './support/fakes.ts';

const [first, second] = [topicPartition('g', 0), topicPartition('g', 1)];

/** A batch of one text record an offset. */
function batchOf(
  tp: TopicPartition,
  offset: number,
  ...records: readonly (readonly [key: string | null, value: string | null])[]
): FetchedRecords {
  const parts: Buffer[] = [];
  const positions: number[] = [];
  let at = 0;
  const put = (text: string | null): void => {
    if (text === null) {
      positions.push(-1, -1);
      return;
    }
    const bytes = Buffer.from(text);
    parts.push(bytes);
    positions.push(at, (at += bytes.length));
  };
  for (const [key, value] of records) {
    put(key);
    put(value);
    positions.push(-1);
  }
  return new FetchedRecords(tp, records.length, offset + records.length, {
    buffer: Buffer.concat(parts),
    offsets: Float64Array.from(records, (_, index) => offset + index),
    timestamps: Float64Array.from(records, (_, index) => 100 + index),
    positions: Int32Array.from(positions),
  });
}

class Scene {
  readonly clock = new TestClock();
  readonly client = new FakeClient(this.clock);
  readonly fatal: StreamsError[] = [];
  readonly closing = new AbortController();
  state: TaskState = fakeState('global');
  opened: GlobalStores | undefined;
  timestamps = true;

  constructor() {
    this.client.fakeAdmin.logs.set(first, { start: 0, end: 0, topicId: 'id-1' });
    this.client.fakeAdmin.logs.set(second, { start: 0, end: 0, topicId: 'id-1' });
  }

  get reader(): FakeReader {
    return this.client.readers.at(-1) as FakeReader;
  }

  log(tp: TopicPartition, start: number, end: number): void {
    this.client.fakeAdmin.logs.set(tp, { start, end, topicId: 'id-1' });
  }

  open(options: Parameters<typeof testOptions>[1] = {}): Promise<GlobalStores> {
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder.globalTable('g', { store: { name: 'G', timestamps: this.timestamps } });
    const directory = { openTask: () => this.state } as unknown as StateDirectory;
    const opening = GlobalStores.open({
      plans: builder.build().plan.globalStores,
      client: this.client,
      directory,
      options: testOptions(this.clock, options),
      signal: this.closing.signal,
      onFatal: (error) => this.fatal.push(error),
    });
    return opening.then((stores) => (this.opened = stores));
  }

  rows(): unknown {
    const store = this.opened?.store('G') as ReadOnlyKeyValueStore<string, ValueAndTimestamp<string>>;
    return [...store.all()].map(({ key, value }) => [key, value.value, value.timestamp]);
  }
}

test('the stores open once every partition is read to the end that it had', async () => {
  const scene = new Scene();
  scene.log(first, 2, 4);
  scene.log(second, 0, 1);
  let isOpen = false;
  const opening = scene.open().then(() => (isOpen = true));
  await settled();
  expect(scene.reader.calls).toEqual(['assign g-0@2', 'assign g-1@0']);
  expect(scene.reader.options?.role).toBe('global');
  scene.reader.answer({
    batches: [batchOf(first, 2, ['a', '1'], ['b', '2'])],
    progress: [{ tp: first, position: 4, end: 4, logStart: 2 }],
  });
  await settled();
  expect(isOpen).toBe(false);
  scene.reader.answer({ batches: [batchOf(second, 0, ['c', '3'])], progress: [{ tp: second, position: 1, end: 1, logStart: 0 }] });
  await opening;
  expect(scene.rows()).toEqual([
    ['a', '1', 100],
    ['b', '2', 101],
    ['c', '3', 100],
  ]);
  await scene.opened?.close();
});

test('whoever listens is told how far the restore of each partition is', async () => {
  const scene = new Scene();
  scene.log(first, 2, 4);
  const events: RestoreEvent[] = [];
  const metrics = new MetricsRegistry();
  const opening = scene.open({ metrics, onRestore: (event) => events.push(event) });
  await settled();
  scene.reader.answer({ batches: [batchOf(first, 2, ['a', '1'])], progress: [{ tp: first, position: 3, end: 4, logStart: 2 }] });
  await settled();
  scene.reader.answer({ batches: [batchOf(first, 3, [null, 'no key'])], progress: [{ tp: first, position: 4, end: 4, logStart: 2 }] });
  await opening;
  expect(events.map(({ kind, position, ...event }) => [kind, position, 'records' in event ? event.records : undefined])).toEqual([
    ['start', 2, undefined],
    ['progress', 3, 1],
    ['progress', 4, 2],
    ['end', 4, 2],
  ]);
  expect(events[0]).toMatchObject({ taskId: 'global', store: 'G', tp: first, start: 2, end: 4, rebuild: undefined });
  // In a restore a record without a key is left out before the table, which would count it as dropped, sees it.
  const sum = (metric: string): number =>
    metrics.collect().reduce((total, { name, value }) => (name === metric ? total + value : total), 0);
  expect(sum('restore-skipped-records-total')).toBe(1);
  expect(sum('dropped-records-total')).toBe(0);
  await scene.opened?.close();
});

test('empty topics keep nobody waiting, and what comes later is applied', async () => {
  const scene = new Scene();
  await scene.open();
  scene.reader.answer({ batches: [batchOf(first, 0, ['a', '1'], [null, 'dropped'], ['a', '2'], ['b', '3'], ['b', null])] });
  await settled();
  expect(scene.rows()).toEqual([['a', '2', 102]]);
  await scene.opened?.close();
  expect(scene.reader.closed).toBe(true);
  expect(scene.fatal).toEqual([]);
});

test('a restart goes on behind what was written, partition by partition', async () => {
  const scene = new Scene();
  await scene.open();
  scene.reader.answer({ batches: [batchOf(first, 0, ['a', '1']), batchOf(second, 0, ['b', '2'], ['c', '3'])] });
  await settled();
  await scene.opened?.close();
  scene.log(first, 0, 1);
  scene.log(second, 0, 2);
  await scene.open();
  expect(scene.reader.calls).toEqual(['assign g-0@1', 'assign g-1@2']);
  expect(scene.rows()).toEqual([
    ['a', '1', 100],
    ['b', '2', 100],
    ['c', '3', 101],
  ]);
  await scene.opened?.close();
});

test.each<[string, (scene: Scene) => void]>([
  ['was made again', (scene) => scene.client.fakeAdmin.logs.set(first, { start: 0, end: 1, topicId: 'id-2' })],
  ['lost records', (scene) => scene.log(first, 0, 0)],
  ['no longer has what comes next', (scene) => scene.log(first, 5, 6)],
])('state of a topic that %s is rebuilt: the topic is the truth', async (_name, change) => {
  const scene = new Scene();
  await scene.open();
  scene.reader.answer({ batches: [batchOf(first, 0, ['a', '1'])] });
  await settled();
  await scene.opened?.close();
  change(scene);
  const opening = scene.open();
  await settled();
  const { end, start } = scene.client.fakeAdmin.logs.get(first) as { start: number; end: number };
  expect(scene.reader.calls[0]).toBe(`assign g-0@${start}`);
  scene.reader.answer({ progress: [{ tp: first, position: end, end, logStart: start }] });
  await opening;
  expect(scene.rows()).toEqual([]);
  await scene.opened?.close();
});

test('rows of another format are read again, however the topic is', async () => {
  const scene = new Scene();
  await scene.open();
  scene.reader.answer({ batches: [batchOf(first, 0, ['a', '1'])] });
  await settled();
  await scene.opened?.close();
  scene.log(first, 0, 1);
  for (const timestamps of [false, true]) {
    scene.timestamps = timestamps;
    const opening = scene.open();
    await settled();
    expect(scene.reader.calls[0]).toBe('assign g-0@0');
    scene.reader.answer({ batches: [batchOf(first, 0, ['a', '1'])], progress: [{ tp: first, position: 1, end: 1, logStart: 0 }] });
    await opening;
    await scene.opened?.close();
    await scene.open();
    expect(scene.reader.calls).toEqual(['assign g-0@1', 'assign g-1@0']);
    expect(scene.rows()).toEqual([['a', '1', timestamps ? 100 : -1]]);
    await scene.opened?.close();
  }
});

test('rows that were applied and not written come again after a failure', async () => {
  const scene = new Scene();
  await scene.open();
  scene.reader.answer({ batches: [batchOf(first, 0, ['a', '1'])] });
  await settled();
  scene.reader.answer({ issues: [{ kind: 'outOfRange', tp: first, position: 1, logStart: 5, logEnd: 9 }] });
  await settled();
  expect(scene.fatal).toMatchObject([{ code: 'MR_CHANGELOG_TRUNCATED' }]);
  await scene.opened?.close();
  scene.log(first, 0, 1);
  const opening = scene.open();
  await settled();
  expect(scene.reader.calls).toEqual(['assign g-0@0', 'assign g-1@0']);
  scene.reader.answer({ batches: [batchOf(first, 0, ['a', '1'])], progress: [{ tp: first, position: 1, end: 1, logStart: 0 }] });
  await opening;
  expect(scene.rows()).toEqual([['a', '1', 100]]);
  await scene.opened?.close();
});

test.each([
  ['missingTopic', 'MR_SOURCE_TOPIC_MISSING'],
  ['recreated', 'MR_TOPIC_RECREATED'],
  ['unauthorised', 'MR_CLIENT_FATAL'],
] as const)('a reader that says %s ends the instance', async (kind, code) => {
  const scene = new Scene();
  await scene.open();
  scene.reader.answer({ issues: [{ kind, tp: first, error: new ClientError('fatal', 'told by the broker') }] });
  await settled();
  expect(scene.fatal.map((error) => error.code)).toEqual([code]);
  await scene.opened?.close();
});

test('brokers that are away for a while are waited for', async () => {
  const scene = new Scene();
  await scene.open();
  const poll = vi.spyOn(scene.reader, 'poll').mockRejectedValueOnce(retriable('away'));
  scene.reader.answer({});
  await settled();
  expect(poll).toHaveBeenCalled();
  expect(scene.fatal).toEqual([]);
  await scene.clock.advance(60_000);
  scene.reader.answer({ batches: [batchOf(first, 0, ['a', '1'])] });
  await settled();
  expect(scene.rows()).toEqual([['a', '1', 100]]);
  await scene.opened?.close();
});

test('a topic that is not there is waited for, and named when it does not come', async () => {
  const scene = new Scene();
  scene.client.fakeAdmin.logs.clear();
  const failure = scene.open({ topicTimeoutMs: 1_000 }).then(
    () => undefined,
    (error: unknown) => error,
  );
  await scene.clock.advance(5_000);
  expect(await failure).toMatchObject({ code: 'MR_SOURCE_TOPIC_MISSING', details: { topic: 'g' } });
  const late = scene.open({ topicTimeoutMs: 1_000 });
  await scene.clock.advance(500);
  scene.log(first, 0, 0);
  await scene.clock.advance(500);
  await late;
  await scene.opened?.close();
});

test('closing an instance ends the reading of a long topic', async () => {
  const scene = new Scene();
  scene.log(first, 0, 1_000);
  const failure = scene.open().then(
    () => undefined,
    (error: unknown) => error,
  );
  await settled();
  scene.closing.abort();
  expect(await failure).toMatchObject({ code: 'MR_CLOSED' });
  expect(scene.reader.closed).toBe(true);
});
