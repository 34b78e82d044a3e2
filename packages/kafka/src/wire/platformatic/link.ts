/** One `Connection` of @platformatic/kafka. */
import { Buffer } from 'node:buffer';
import { Connection, type ConnectionOptions, Writer } from '@platformatic/kafka';
import { responseBodyStart } from '../../protocol/header.ts';
import { isFlexible } from '../../protocol/message.ts';
import type { ApiDescription } from '../../protocol/schema.ts';
import type { Address, Link, LinkOpening } from '../link.ts';
import { WireError } from '../wire-error.ts';
import { platformaticFailure } from './failure.ts';

/** The longest delay that a timer takes: the wire has exact time-outs, the library's would only come in their way. */
const neverMs = 0x7fff_ffff;
/** The wire's channels decide how much is in flight. */
const unlimited = 100_000;

export function openPlatformaticLink(clientId: string, options: ConnectionOptions, address: Address): LinkOpening {
  const name = `${address.host}:${address.port}`;
  const connection = new Connection(clientId, { ...options, requestTimeout: neverMs, maxInflights: unlimited });
  // Without a listener an error of an idle connection would end the process. The next request notices that it is closed.
  connection.on('error', () => {});
  const open = async (): Promise<Link> => {
    try {
      await connection.connect(address.host, address.port);
      return new PlatformaticLink(connection, name);
    } catch (error) {
      drop(connection);
      throw platformaticFailure(error, name, false);
    }
  };
  return { link: open(), cancel: () => drop(connection) };
}

class PlatformaticLink implements Link {
  readonly #connection: Connection;
  readonly #address: string;

  constructor(connection: Connection, address: string) {
    this.#connection = connection;
    this.#address = address;
  }

  isOpen(): boolean {
    // While it authenticates again it takes requests too.
    return this.#connection.isConnected() || this.#connection.status === 'reauthenticating';
  }

  send(api: ApiDescription, version: number, body: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#connection.send<Uint8Array>(
        api.key,
        version,
        () => Writer.create().append(Buffer.from(body.buffer, body.byteOffset, body.byteLength)),
        (_correlationId, _apiKey, _apiVersion, reader) => {
          const rest = reader.buffer.buffer.subarray(reader.position);
          return rest.subarray(responseBodyStart(api, version, rest));
        },
        isFlexible(api, version),
        // It would take one byte off, whatever stands there; the parser above reads the tagged fields.
        false,
        (error, answer) => {
          if (error !== null) reject(platformaticFailure(error, this.#address, true));
          else if (answer === undefined)
            reject(new WireError('configuration', '@platformatic/kafka returned no bytes: install version 1.35'));
          else resolve(answer);
        },
      );
    });
  }

  destroy(): void {
    drop(this.#connection);
  }
}

function drop(connection: Connection): void {
  // There is no socket before the first call of connect.
  const socket: { destroy(): void } | undefined = connection.socket;
  connection.close().catch(() => {
    // It is thrown away: whatever it says changes nothing.
  });
  socket?.destroy();
}
