/** A client on an embedded cluster over sockets: real time, real connections. */
import { type ClientFactory, silentLogger, systemClock } from '@millrace/core/kafka';
import { EmbeddedKafka } from '@millrace/embedded-kafka';
import type { ClientEnvironment } from '@millrace/kafka/conformance';
import { clusterFaults } from './cluster-faults.ts';

export async function openTcpEnvironment(client: (brokers: readonly string[]) => ClientFactory): Promise<ClientEnvironment> {
  const kafka = await EmbeddedKafka.start({ brokers: 3, listen: true });
  const factory = client(kafka.bootstrap.split(','));
  return {
    createClient: () => factory.create({ clientId: 'conformance', clock: systemClock, log: silentLogger }),
    run: (work) => work(),
    faults: clusterFaults(kafka),
    close: () => kafka.close(),
  };
}
