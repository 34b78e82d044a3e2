import * as core from '@millrace/core';
import { describe, expect, it } from 'vitest';
import * as millrace from '../src/index.ts';

describe('millrace', () => {
  it('gives everything of core, a Kafka client, and every place for state', () => {
    const names = Object.keys(millrace);
    expect(names).toEqual(expect.arrayContaining(Object.keys(core)));
    expect(names).toEqual(expect.arrayContaining(['kafka', 'kafkajs', 'memory', 'rocksdb', 'leveldb', 'persistent']));
  });

  it('makes an instance from one import', () => {
    const { StreamsBuilder, KafkaStreams, kafka, memory, serdes } = millrace;
    const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
    builder.stream('in').to('out');
    const app = new KafkaStreams(builder.build(), {
      applicationId: 'app',
      client: kafka({ brokers: ['localhost:9092'] }),
      state: memory(),
    });
    expect(app.state).toBe('CREATED');
    expect(app.tasks()).toEqual([]);
  });
});
