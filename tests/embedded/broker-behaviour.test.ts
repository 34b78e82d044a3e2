/** The embedded cluster answers as a broker does. tests/broker asks a real one the same. */
import { EmbeddedKafka } from '@millrace/embedded-kafka';
import { afterAll, beforeAll } from 'vitest';
import { describeBrokerBehaviour } from './behaviour/broker-behaviour.ts';

let cluster: EmbeddedKafka;

beforeAll(async () => {
  cluster = await EmbeddedKafka.start();
});

afterAll(() => cluster.close());

describeBrokerBehaviour('the embedded cluster', () => cluster.wire());
