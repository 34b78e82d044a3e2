/** Dead letters on a cluster: which arrive, which inputs are committed then, and what stops an instance. */
import { deadLetterHeaders, serdes, StreamsBuilder, type Topology } from '@millrace/core';
import type { KafkaStreams, KafkaStreamsOptions } from '@millrace/core/runtime';
import { produceApi } from '@millrace/kafka/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { Harness } from './support/harness.ts';

let harness: Harness;
afterEach(() => harness.close());

/** Numbers are doubled: `words` gets what cannot be decoded, and 7 makes the mapper throw. */
function doubling(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.json<number>() });
  builder
    .stream('numbers')
    .mapValues((value) => {
      if (value === 7) throw new RangeError('seven');
      return value * 2;
    })
    .to('doubles');
  return builder.build();
}

function copying(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.stream('numbers').to('doubles');
  return builder.build();
}

const continuing: KafkaStreamsOptions['handlers'] = {
  deserialization: () => 'continue',
  processing: () => 'continue',
  deadLetterTopic: 'dead',
};
const given = [
  { key: 'a', value: '1' },
  { key: 'b', value: '{' },
  { key: 'c', value: '7' },
  { key: 'd', value: '2' },
];

async function start(configs: Readonly<Record<string, string>> = {}, deadConfigs: Readonly<Record<string, string>> = {}): Promise<void> {
  harness = await Harness.start();
  harness.cluster.createTopic('numbers');
  harness.cluster.createTopic('doubles', { configs });
  harness.cluster.createTopic('dead', { configs: deadConfigs });
}

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());

interface Shown {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string | null>>;
}

function read(topic: string): Shown[] {
  return harness.cluster.records(topic).map(({ key, value, headers }) => ({
    key: text(key),
    value: text(value),
    headers: Object.fromEntries([...headers].map((header) => [header.key, text(header.value)])),
  }));
}

const failed = (app: KafkaStreams): Promise<unknown> =>
  app.run().then(
    () => 'stopped',
    (error: unknown) => error,
  );

const counted = (app: KafkaStreams, name: string): number =>
  app.metrics.collect().reduce((sum, sample) => (sample.name === name ? sum + sample.value : sum), 0);

describe('failures that are survived', () => {
  it('leave their letters, and the inputs are committed', async () => {
    await start();
    const app = harness.instance(doubling(), { handlers: continuing });
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.produce('numbers', given);
    await harness.until(() => read('dead').length === 2, 'both letters are there', 10_000);
    await harness.clock.advance(1_000);
    expect(read('doubles').map(({ value }) => value)).toEqual(['2', '4']);
    expect(read('dead')).toMatchObject([
      {
        key: 'b',
        value: '{',
        headers: { [deadLetterHeaders.topic]: 'numbers', [deadLetterHeaders.partition]: '0', [deadLetterHeaders.offset]: '1' },
      },
      { key: 'c', value: '7', headers: { [deadLetterHeaders.exception]: 'RangeError', [deadLetterHeaders.message]: 'seven' } },
    ]);
    expect(await harness.committed('numbers', 0)).toBe(4);
    expect(counted(app, 'dead-letter-records-total')).toBe(2);
    expect(counted(app, 'dropped-records-total')).toBe(2);
  });

  it('are not committed before their letters are acknowledged', async () => {
    await start();
    const app = harness.instance(doubling(), { handlers: continuing });
    await harness.clock.run(app.start());
    await harness.running(app);
    const stop = harness.cluster.intercept(produceApi, (_request, context) => (context.clientId === 'app' ? 'drop' : 'pass'));
    await harness.produce('numbers', [{ key: 'b', value: '{' }]);
    await harness.clock.advance(2_000);
    expect(await harness.committed('numbers', 0)).toBe(0);
    stop();
    await harness.until(() => read('dead').length === 1, 'the letter is there', 30_000);
    await harness.clock.advance(2_000);
    expect(await harness.committed('numbers', 0)).toBe(1);
  });
});

describe('a failure that stops the instance', () => {
  it('leaves its letter, nothing else that was not committed, and the input for the next start', async () => {
    await start();
    const app = harness.instance(doubling(), {
      handlers: { deadLetterTopic: 'dead' },
      commitIntervalMs: 3_600_000,
      producer: { lingerMs: 60_000 },
    });
    const ended = failed(app);
    await harness.running(app);
    await harness.produce('numbers', given);
    expect(await harness.clock.run(ended)).toMatchObject({ code: 'MR_DESERIALIZATION', details: { topic: 'numbers', offset: 1 } });
    expect(app.state).toBe('ERROR');
    expect(read('dead')).toMatchObject([{ key: 'b', value: '{' }]);
    expect(read('doubles')).toEqual([]);

    const again = harness.instance(doubling(), { handlers: continuing });
    await harness.clock.run(again.start());
    await harness.until(() => read('doubles').length === 2, 'the rest is done', 10_000);
    await harness.clock.advance(1_000);
    expect(read('dead').map(({ key }) => key)).toEqual(['b', 'b', 'c']);
    expect(await harness.committed('numbers', 0)).toBe(4);
  });

  it('leaves one for each time that the tasks are restarted', async () => {
    await start();
    let restarts = 0;
    const onUncaughtError = (): 'restartTasks' | 'shutdownClient' => (restarts++ < 2 ? 'restartTasks' : 'shutdownClient');
    const app = harness.instance(doubling(), { handlers: { deadLetterTopic: 'dead' }, onUncaughtError });
    const ended = failed(app);
    await harness.running(app);
    await harness.produce('numbers', [{ key: 'c', value: '7' }]);
    expect(await harness.clock.run(ended)).toMatchObject({ code: 'MR_PROCESSING' });
    expect(read('dead').map(({ key }) => key)).toEqual(['c', 'c', 'c']);
  });

  it('is reported as ever if its letter cannot be sent', async () => {
    await start();
    const app = harness.instance(doubling(), { handlers: { deadLetterTopic: 'dead' }, closeTimeoutMs: 1_000 });
    const ended = failed(app);
    await harness.running(app);
    const stop = harness.cluster.intercept(produceApi, (_request, context) => (context.clientId === 'app' ? 'drop' : 'pass'));
    await harness.produce('numbers', [{ key: 'c', value: '7' }]);
    expect(await harness.clock.run(ended)).toMatchObject({ code: 'MR_PROCESSING' });
    stop();
    expect(read('dead')).toEqual([]);
    expect(counted(app, 'dead-letter-lost-total')).toBe(1);
  });
});

describe('the topic', () => {
  it('must exist', async () => {
    await start();
    const app = harness.instance(doubling(), { handlers: { ...continuing, deadLetterTopic: 'nowhere' }, topicTimeoutMs: 1_000 });
    expect(await harness.clock.run(failed(app))).toMatchObject({
      code: 'MR_TOPIC_UNKNOWN',
      message: expect.stringMatching(/nowhere.*Create it/),
    });
  });

  it('is no internal one', async () => {
    await start();
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder.table('numbers', { store: 'rows' });
    builder.stream('doubles').groupByKey().count({ store: 'counts' });
    const make = (): KafkaStreams => harness.instance(builder.build(), { handlers: { deadLetterTopic: 'app-counts-changelog' } });
    expect(make).toThrow(expect.objectContaining({ code: 'MR_CONFIG_INVALID', message: expect.stringMatching(/internal topic/) }));
  });

  it('has a name', async () => {
    await start();
    expect(() => harness.instance(doubling(), { handlers: { deadLetterTopic: '' } })).toThrow(
      expect.objectContaining({ code: 'MR_CONFIG_INVALID' }),
    );
  });

  it('must take the letters: the instance stops if it does not', async () => {
    await start({}, { 'max.message.bytes': '200' });
    const app = harness.instance(doubling(), { handlers: continuing });
    const ended = failed(app);
    await harness.running(app);
    await harness.produce('numbers', [{ key: 'c', value: '7' }]);
    expect(await harness.clock.run(ended)).toMatchObject({
      code: 'MR_PRODUCTION',
      message: expect.stringMatching(/dead letter topic.*max\.message\.bytes/),
    });
    expect(await harness.committed('numbers', 0)).toBe(0);
  });
});

describe('records that the broker refuses', () => {
  const large = [
    { key: 'a', value: 'short' },
    { key: 'b', value: 'x'.repeat(2_000) },
    { key: 'c', value: 'also short' },
  ];

  it('leave letters without the value that was too large, and the rest goes on', async () => {
    await start({ 'max.message.bytes': '500' });
    const app = harness.instance(copying(), { handlers: { production: () => 'continue', deadLetterTopic: 'dead' } });
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.produce('numbers', large);
    await harness.until(() => read('dead').length === 1, 'the letter is there', 10_000);
    await harness.clock.advance(1_000);
    expect(read('doubles').map(({ value }) => value)).toEqual(['short', 'also short']);
    expect(read('dead')).toMatchObject([
      {
        key: 'b',
        value: null,
        headers: { [deadLetterHeaders.topic]: 'doubles', [deadLetterHeaders.partition]: '0', [deadLetterHeaders.offset]: '-1' },
      },
    ]);
    expect(await harness.committed('numbers', 0)).toBe(3);
  });

  it('stop the instance by default, with a letter', async () => {
    await start({ 'max.message.bytes': '500' });
    const app = harness.instance(copying(), { handlers: { deadLetterTopic: 'dead' } });
    const ended = failed(app);
    await harness.running(app);
    await harness.produce('numbers', large);
    expect(await harness.clock.run(ended)).toMatchObject({
      code: 'MR_PRODUCTION',
      cause: { code: 'MR_CLIENT_FATAL' },
      details: { topic: 'doubles' },
    });
    expect(read('dead')).toMatchObject([{ key: 'b', value: null }]);
    expect(await harness.committed('numbers', 0)).toBe(0);
  });

  it('may be sent elsewhere by the handler, to a topic that was not known', async () => {
    await start({ 'max.message.bytes': '500' });
    harness.cluster.createTopic('large');
    const app = harness.instance(copying(), {
      handlers: {
        production(context) {
          const key = context.refused?.key(0) ?? null;
          const value = context.refused?.value(0) ?? null;
          return {
            decision: 'continue',
            deadLetters: [{ topic: 'large', key: key && new Uint8Array(key), value: value && new Uint8Array(value) }],
          };
        },
      },
    });
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.produce('numbers', large);
    await harness.until(() => read('large').length === 1, 'the record is there', 10_000);
    await harness.clock.advance(1_000);
    expect(read('large')).toMatchObject([{ key: 'b', value: 'x'.repeat(2_000) }]);
    expect(await harness.committed('numbers', 0)).toBe(3);
  });

  it('are tried again where the cause may pass, and not where the handler says so', async () => {
    await start();
    const make = (handlers: KafkaStreamsOptions['handlers']): KafkaStreams =>
      harness.instance(copying(), { handlers, producer: { lingerMs: 5, deliveryTimeoutMs: 1_000 } });
    const patient = make({ deadLetterTopic: 'dead' });
    await harness.clock.run(patient.start());
    await harness.running(patient);
    const stop = harness.cluster.intercept(produceApi, (_request, context) => (context.clientId === 'app' ? 'drop' : 'pass'));
    await harness.produce('numbers', [{ key: 'a', value: '1' }]);
    await harness.clock.advance(4_000);
    stop();
    await harness.until(() => read('doubles').length > 0, 'the record is there', 30_000);
    await harness.clock.run(patient.close());
    expect(read('dead')).toEqual([]);

    const strict = make({ production: () => 'fail' });
    const ended = failed(strict);
    await harness.running(strict);
    const stopAgain = harness.cluster.intercept(produceApi, (_request, context) => (context.clientId === 'app' ? 'drop' : 'pass'));
    await harness.produce('numbers', [{ key: 'b', value: '2' }]);
    expect(await harness.clock.run(ended)).toMatchObject({ code: 'MR_PRODUCTION', cause: { code: 'MR_CLIENT_RETRIABLE' } });
    stopAgain();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('handler');
      },
    ],
    ['answers nonsense', () => 'perhaps' as 'fail'],
  ])('stop the instance if the handler %s', async (_, production) => {
    await start({ 'max.message.bytes': '500' });
    const app = harness.instance(copying(), { handlers: { production } });
    const ended = failed(app);
    await harness.running(app);
    await harness.produce('numbers', large);
    expect(await harness.clock.run(ended)).toMatchObject({ code: 'MR_PRODUCTION' });
  });
});
