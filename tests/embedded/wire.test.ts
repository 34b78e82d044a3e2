/** Both wires of the Kafka client over TCP against the embedded cluster: the contract that they also fulfil on a real broker. */
import { EmbeddedKafka } from '@millrace/embedded-kafka';
import { describeWireConformance } from '@millrace/kafka/conformance';
import { kafkajsWire } from '@millrace/kafka/kafkajs';
import { platformaticWire } from '@millrace/kafka/platformatic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let cluster: EmbeddedKafka;

beforeAll(async () => {
  cluster = await EmbeddedKafka.start({ listen: true });
});

afterAll(() => cluster.close());

function address(): { readonly host: string; readonly port: number } {
  const [host = '', port = ''] = cluster.bootstrap.split(':');
  return { host, port: Number(port) };
}

describe('the embedded cluster', () => {
  describeWireConformance(
    { describe, it, expect },
    {
      name: 'kafkajs',
      createWire: (brokers, context) => kafkajsWire({ brokers: [...brokers], requestTimeout: 1000 })(context),
      address,
      features: [],
    },
  );
  describeWireConformance(
    { describe, it, expect },
    {
      name: '@platformatic/kafka',
      createWire: (bootstrapBrokers, context) => platformaticWire({ bootstrapBrokers: [...bootstrapBrokers] })(context),
      address,
      features: [],
    },
  );
});
