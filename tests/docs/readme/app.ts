// app.ts
import { KafkaStreams, kafka, rocksdb } from 'millrace';
import topology from './topology.ts';

const app = new KafkaStreams(topology, {
  applicationId: 'word-count',
  client: kafka({ brokers: ['localhost:9092'] }),
  state: rocksdb({ directory: './state' }),
  handleSignals: true,
});
await app.run();
