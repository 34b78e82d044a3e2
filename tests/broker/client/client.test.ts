/** The client on the real broker, over both wires. */
import { silentLogger, systemClock } from '@millrace/core/kafka';
import { kafka } from '@millrace/kafka';
import { type ClientEnvironment, describeClientConformance } from '@millrace/kafka/conformance';
import { platformatic } from '@millrace/kafka/platformatic';
import { describe, expect, inject, it } from 'vitest';

const wires = {
  kafkajs: (brokers: readonly string[]) => kafka({ brokers }),
  '@platformatic/kafka': (bootstrapBrokers: readonly string[]) => platformatic({ bootstrapBrokers }),
};

for (const [name, client] of Object.entries(wires)) {
  const open = (): Promise<ClientEnvironment> => {
    const factory = client(inject('bootstrap').split(','));
    return Promise.resolve({
      createClient: () => factory.create({ clientId: 'conformance', clock: systemClock, log: silentLogger }),
      run: (work) => work(),
      close: () => Promise.resolve(),
    });
  };
  describeClientConformance({ describe, it, expect }, { name: `on the real broker over ${name}`, open });
}
