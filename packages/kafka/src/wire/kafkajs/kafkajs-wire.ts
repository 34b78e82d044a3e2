/** kafkajs as a wire: it opens, secures and authenticates connections as the user configured them, and carries bytes. Nothing else of it is used. */
import { Kafka, type KafkaConfig, type logLevel } from 'kafkajs';
import type { Logger } from '@millrace/core/kafka';
import { ConnectionWire } from '../connection-wire.ts';
import type { Address, Connector, LinkOpening } from '../link.ts';
import { WireError } from '../wire-error.ts';
import type { WireContext, WireFactory } from '../wire-port.ts';
import { kafkajsFailure } from './failure.ts';
import { checkCluster, checkPool, type KafkajsCluster } from './internals.ts';
import { openKafkajsLink } from './link.ts';

/**
 * A wire over kafkajs 2.2.
 * @param configOrInstance what `new Kafka(...)` takes, or an instance; TLS, SASL, `socketFactory` and `connectionTimeout` keep their meaning, `requestTimeout` and
 *   `retry` have none here. A config without `clientId` gets the application's, one without `logCreator` logs through the application's logger.
 * @throws WireError `configuration` when it is used with a kafkajs of another shape
 */
export function kafkajsWire(configOrInstance: KafkaConfig | Kafka): WireFactory {
  return (context) => {
    const kafka = configOrInstance instanceof Kafka ? configOrInstance : new Kafka(withDefaults(configOrInstance, context));
    return new ConnectionWire(context, new KafkajsConnector(captureCluster(kafka)));
  };
}

class KafkajsConnector implements Connector {
  readonly #cluster: KafkajsCluster;

  constructor(cluster: KafkajsCluster) {
    this.#cluster = cluster;
  }

  /** kafkajs hands out its configured brokers in turn; once one comes again, all have been seen. */
  async bootstrap(): Promise<readonly Address[]> {
    const addresses = new Map<string, Address>();
    try {
      while (true) {
        const pool = await this.#cluster.connectionPoolBuilder.build();
        checkPool(pool);
        const key = `${pool.host}:${pool.port}`;
        if (addresses.has(key)) return [...addresses.values()];
        addresses.set(key, { host: pool.host, port: pool.port });
      }
    } catch (error) {
      throw error instanceof WireError ? error : kafkajsFailure(error, 'the configured brokers', false);
    }
  }

  open(address: Address): LinkOpening {
    return openKafkajsLink(this.#cluster, address);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A custom assigner is a public option, and its factory is handed the cluster when the consumer is made: nothing connects. */
function captureCluster(kafka: Kafka): KafkajsCluster {
  let cluster: unknown;
  kafka.consumer({
    groupId: 'millrace',
    partitionAssigners: [
      (config) => {
        cluster = config.cluster;
        return {
          name: 'millrace',
          version: 0,
          assign: () => Promise.resolve([]),
          protocol: () => ({ name: 'millrace', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  return checkCluster(cluster);
}

function withDefaults(config: KafkaConfig, context: WireContext): KafkaConfig {
  return { clientId: context.clientId, logCreator: () => forward(context.log), ...config };
}

/** Every failure comes back as an error of the request, so that kafkajs's own lines are for debugging only. */
function forward(log: Logger): (entry: { readonly level: logLevel; readonly log: { readonly message: string } }) => void {
  return ({ log: entry }) => log.debug(`kafkajs: ${entry.message}`, { ...entry });
}
