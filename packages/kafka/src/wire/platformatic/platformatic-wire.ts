/** @platformatic/kafka as a wire: its connections, with their TLS and SASL. Nothing else of it is used. */
import type { ConnectionOptions } from '@platformatic/kafka';
import { ConnectionWire } from '../connection-wire.ts';
import type { Address, Connector, LinkOpening } from '../link.ts';
import { WireError } from '../wire-error.ts';
import type { WireFactory } from '../wire-port.ts';
import { openPlatformaticLink } from './link.ts';

/** The connection options of @platformatic/kafka, in its own words. */
export interface PlatformaticConfig extends Pick<ConnectionOptions, 'connectTimeout' | 'sasl' | 'tls' | 'tlsServerName'> {
  /** `host:port`, or both apart. */
  readonly bootstrapBrokers: readonly (string | { readonly host: string; readonly port: number })[];
  /** Default: the application's. */
  readonly clientId?: string | undefined;
}

/**
 * A wire over @platformatic/kafka 1.35.
 * @throws WireError `configuration` for an address that is none
 */
export function platformaticWire(config: PlatformaticConfig): WireFactory {
  const addresses = config.bootstrapBrokers.map(parseAddress);
  const { connectTimeout, sasl, tls, tlsServerName } = config;
  const given = { connectTimeout, sasl, tls, tlsServerName };
  // The library takes its defaults only where the option is not there at all.
  const options: ConnectionOptions = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return (context) => new ConnectionWire(context, new PlatformaticConnector(config.clientId ?? context.clientId, addresses, options));
}

class PlatformaticConnector implements Connector {
  readonly #clientId: string;
  readonly #addresses: readonly Address[];
  readonly #options: ConnectionOptions;

  constructor(clientId: string, addresses: readonly Address[], options: ConnectionOptions) {
    this.#clientId = clientId;
    this.#addresses = addresses;
    this.#options = options;
  }

  bootstrap(): Promise<readonly Address[]> {
    return Promise.resolve(this.#addresses);
  }

  open(address: Address): LinkOpening {
    return openPlatformaticLink(this.#clientId, this.#options, address);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function parseAddress(broker: string | { readonly host: string; readonly port: number }): Address {
  if (typeof broker !== 'string') return { host: broker.host, port: broker.port };
  const match = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:]+)):(?<port>\d{1,5})$/.exec(broker);
  const host = match?.groups?.['bracketed'] ?? match?.groups?.['plain'];
  const port = Number(match?.groups?.['port']);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new WireError('configuration', `"${broker}" is no broker address: write host:port`, { maybeSent: false });
  }
  return { host, port };
}
