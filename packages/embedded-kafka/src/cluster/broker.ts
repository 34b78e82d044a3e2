/** One broker: where it is, whether it is up, who is connected to it. */
import type { Connection } from '../front/connection.ts';

export class Broker {
  readonly id: number;
  /** What Metadata tells clients. */
  host = 'embedded';
  port: number;
  isUp = true;
  readonly connections: Set<Connection> = new Set();

  constructor(id: number) {
    this.id = id;
    // Nobody listens there; the in-process wire goes by the id.
    this.port = 9091 + id;
  }

  /** Cuts every connection, as a process that ends. */
  disconnectAll(): void {
    for (const connection of this.connections) connection.close();
  }
}
