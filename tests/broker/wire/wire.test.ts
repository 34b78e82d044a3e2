/** Both wires against the real broker. */
import { describeWireConformance } from '@millrace/kafka/conformance';
import { kafkajsWire } from '@millrace/kafka/kafkajs';
import { platformaticWire } from '@millrace/kafka/platformatic';
import { describe, expect, inject, it } from 'vitest';

const features = ['metadata.version', 'transaction.version'];

describe('the real broker', () => {
  describeWireConformance(
    { describe, it, expect },
    {
      name: 'kafkajs',
      createWire: (brokers, context) => kafkajsWire({ brokers: [...brokers], requestTimeout: 1000 })(context),
      address: firstAddress,
      features,
    },
  );
  describeWireConformance(
    { describe, it, expect },
    {
      name: '@platformatic/kafka',
      createWire: (bootstrapBrokers, context) => platformaticWire({ bootstrapBrokers })(context),
      address: firstAddress,
      features,
    },
  );
});

function firstAddress(): { readonly host: string; readonly port: number } {
  const [host = '', port = ''] = (inject('bootstrap').split(',')[0] ?? '').split(':');
  return { host, port: Number(port) };
}
