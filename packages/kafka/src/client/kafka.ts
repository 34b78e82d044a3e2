/** `kafka({ brokers })`: the client with the option names of Millrace, over the connections of kafkajs. */
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { checkOptionNames, ClientError, type ClientFactory } from '@millrace/core/kafka';
import type { WireFactory } from '../wire/wire-port.ts';
import { lazyWire } from './lazy-wire.ts';
import { clientOptionNames, clientOver, type ClientOptions } from './streams-client.ts';

export type SaslOptions =
  | { readonly mechanism: 'plain'; readonly username: string; readonly password: string }
  | { readonly mechanism: 'scram-sha-256'; readonly username: string; readonly password: string }
  | { readonly mechanism: 'scram-sha-512'; readonly username: string; readonly password: string }
  /** `token` is asked for at every connection. */
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

export interface KafkaOptions extends ClientOptions {
  /** Where to begin, `host:port`; the rest of the cluster is learnt from there. */
  readonly brokers: readonly string[];
  /** TLS: true for the system's certificates, or the options of `tls.connect`. Default: plain text. */
  readonly ssl?: boolean | TlsOptions | undefined;
  readonly sasl?: SaslOptions | undefined;
  /** Longest wait for a connection. Default 1,000. */
  readonly connectionTimeoutMs?: number | undefined;
}

const optionNames: Readonly<Record<keyof KafkaOptions, true>> = {
  ...clientOptionNames,
  brokers: true,
  ssl: true,
  sasl: true,
  connectionTimeoutMs: true,
};

/**
 * A client for the cluster behind `brokers`. Nothing connects before the application starts.
 * @throws ClientError `fatal` without brokers
 * @throws MR_CONFIG_INVALID for an option that there is not
 */
export function kafka(options: KafkaOptions): ClientFactory {
  // Called from JavaScript, it may get nothing.
  const brokers: unknown = (options as Partial<KafkaOptions> | undefined)?.brokers ?? [];
  if (!Array.isArray(brokers) || brokers.length === 0)
    throw new ClientError('fatal', 'kafka() needs at least one broker: give { brokers: ["host:port"] }');
  for (const broker of brokers) {
    if (typeof broker !== 'string' || !/^\S+:\d{1,5}$/.test(broker)) {
      throw new ClientError(
        'fatal',
        `kafka() cannot read the broker ${typeof broker === 'string' ? JSON.stringify(broker) : `of type ${typeof broker}`}: give "host:port", e.g. "localhost:9092"`,
      );
    }
  }
  checkOptionNames(options, Object.keys(optionNames), 'kafka');
  return clientOver(
    lazyWire(() => loadWire(options), 'run "npm install kafkajs@2.2.4"'),
    options,
  );
}

async function loadWire({ brokers, ssl, sasl, clientId, connectionTimeoutMs }: KafkaOptions): Promise<WireFactory> {
  const { kafkajsWire } = await import('../wire/kafkajs/kafkajs-wire.ts');
  return kafkajsWire({
    brokers: [...brokers],
    ...(clientId === undefined ? {} : { clientId }),
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl: toKafkajs(sasl) }),
    ...(connectionTimeoutMs === undefined ? {} : { connectionTimeout: connectionTimeoutMs }),
  });
}

function toKafkajs(sasl: SaslOptions): KafkajsSasl {
  if (sasl.mechanism !== 'oauthbearer') return sasl;
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await sasl.token() }) };
}

type KafkajsSasl = NonNullable<import('kafkajs').KafkaConfig['sasl']>;
