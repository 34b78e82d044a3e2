/** The code of docs/errors.md. */
import { KafkaStreams, StreamsBuilder, deadLetter, kafka, rocksdb, serdes } from 'millrace';
import { expect, test } from 'vitest';

test('an application with handlers', () => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder.stream('orders').to('checked');
  const topology = builder.build();

  const app = new KafkaStreams(topology, {
    applicationId: 'orders',
    client: kafka({ brokers: ['localhost:9092'] }),
    state: rocksdb({ directory: './state' }),
    handlers: {
      deadLetterTopic: 'orders-dead',
      deserialization: () => 'continue',
      processing(context, _record, error) {
        if (error instanceof RangeError) return { decision: 'continue', deadLetters: [deadLetter('out-of-range', context, error)] };
        return 'fail';
      },
    },
  });

  expect(app.state).toBe('CREATED');
});
