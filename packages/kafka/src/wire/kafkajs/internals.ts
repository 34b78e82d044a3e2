/**
 * The parts of kafkajs that its types do not tell and that the wire needs: the cluster that every assigner is handed, and below it one broker object a
 * connection. kafkajs has been frozen since 2.2.4; the peer range and these checks keep it that way.
 */
import { WireError } from '../wire-error.ts';

export interface KafkajsRequestQueue {
  enforceRequestTimeout: boolean;
  throttledUntil: number;
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
  rejectAll(error: Error): void;
}

export interface KafkajsConnection {
  readonly requestQueue: KafkajsRequestQueue;
  readonly socket: { destroy(): void } | undefined;
  disconnect(): Promise<unknown>;
  send(request: {
    readonly request: {
      readonly apiKey: number;
      readonly apiVersion: number;
      readonly apiName: string;
      readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
    };
    readonly response: {
      readonly decode: (payload: Uint8Array) => Promise<object>;
      readonly parse: (decoded: object) => Promise<unknown>;
    };
    readonly requestTimeout: number;
    readonly logResponseError: boolean;
  }): Promise<unknown>;
}

export interface KafkajsConnectionPool {
  readonly host: string;
  readonly port: number;
  readonly pool: readonly KafkajsConnection[];
}

export interface KafkajsBroker {
  connect(): Promise<void>;
  /** Connected and, with SASL, in a session that does not have to be renewed yet. */
  isConnected(): boolean;
}

export interface KafkajsCluster {
  readonly rootLogger: object;
  readonly connectionPoolBuilder: {
    build(destination?: { readonly host: string; readonly port: number; readonly rack: string | null }): Promise<KafkajsConnectionPool>;
  };
  readonly brokerPool: {
    createBroker(options: {
      readonly logger: object;
      readonly nodeId: number | null;
      readonly versions: null;
      readonly connectionPool: KafkajsConnectionPool;
    }): KafkajsBroker;
  };
}

/**
 * The cluster, if it has the shape of 2.2.
 * @throws WireError `configuration` naming what is missing
 */
export function checkCluster(cluster: unknown): KafkajsCluster {
  need(cluster, 'cluster', ['rootLogger', 'object'], ['connectionPoolBuilder', 'object'], ['brokerPool', 'object']);
  need(at(cluster, 'connectionPoolBuilder'), 'connectionPoolBuilder', ['build', 'function']);
  need(at(cluster, 'brokerPool'), 'brokerPool', ['createBroker', 'function']);
  // Every member that the interface names was checked.
  return cluster as KafkajsCluster;
}

/** As {@link checkCluster}, for a connection pool and its first connection. */
export function checkPool(pool: KafkajsConnectionPool): KafkajsConnection {
  need(pool, 'connectionPool', ['host', 'string'], ['port', 'number'], ['pool', 'object']);
  const connection: unknown = pool.pool[0];
  need(connection, 'connection', ['requestQueue', 'object'], ['disconnect', 'function'], ['send', 'function']);
  need(
    at(connection, 'requestQueue'),
    'requestQueue',
    ['scheduleCheckPendingRequests', 'function'],
    ['rejectAll', 'function'],
    ['pending', 'object'],
  );
  // Every member that the interface names was checked, but for the socket, which exists once it is connected.
  return connection as KafkajsConnection;
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function need(
  value: unknown,
  what: string,
  ...members: (readonly [name: string, type: 'object' | 'function' | 'string' | 'number'])[]
): void {
  for (const [name, type] of members) {
    const found = at(value, name);
    if (typeof found === type && found !== null) continue;
    throw new WireError('configuration', `this kafkajs has no ${what}.${name}: install kafkajs 2.2.4`, {
      details: { member: `${what}.${name}` },
      maybeSent: false,
    });
  }
}
