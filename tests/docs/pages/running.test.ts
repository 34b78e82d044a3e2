/** The code of docs/running.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedKafka } from '@millrace/embedded-kafka';
import { type ClientState, KafkaStreams, StreamsBuilder, kafka, persistent, serdes } from 'millrace';
import { expect, test } from 'vitest';

test('an application runs until its signal', async () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream('words')
    .groupBy((word) => word, { name: 'by-word' })
    .count({ store: 'counts' });
  const topology = builder.build();
  const directory = mkdtempSync(join(tmpdir(), 'millrace-docs-'));
  await using cluster = await EmbeddedKafka.start({ listen: true });
  cluster.createTopic('words', { partitions: 1 });
  const brokers = [cluster.bootstrap];
  const states: ClientState[] = [];
  const stop = new AbortController();
  const noticed = (state: ClientState): void => {
    states.push(state);
    if (state === 'RUNNING') stop.abort();
  };
  try {
    const app = new KafkaStreams(topology, {
      applicationId: 'word-count',
      client: kafka({ brokers }),
      state: persistent({ directory }),
      commitIntervalMs: '1s',
      onStateChange: (state) => noticed(state),
    });
    await app.run({ signal: stop.signal });

    expect(states).toContain('RUNNING');
    expect(app.state).toBe('NOT_RUNNING');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
