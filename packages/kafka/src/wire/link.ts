/** What a library must offer to become a wire: connections to addresses, and requests over one connection. */
import type { ApiDescription } from '../protocol/schema.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
}

/** One open, authenticated connection. Any rejection of `send` makes the link useless: it is destroyed and another one opened. */
export interface Link {
  isOpen(): boolean;
  /** Resolves with the body of the answer. Never earlier than in `timeoutMs` by a timer of the library. Rejects with a WireError. */
  send(api: ApiDescription, version: number, body: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  /** Closes the connection at once; what is pending rejects. */
  destroy(): void;
}

export interface LinkOpening {
  /** Rejects with a WireError. */
  readonly link: Promise<Link>;
  /** Gives up opening. */
  readonly cancel: () => void;
}

export interface Connector {
  /** The configured addresses. Rejects with a WireError. */
  bootstrap(): Promise<readonly Address[]>;
  open(address: Address): LinkOpening;
  /** Ends what belongs to no link. */
  close(): Promise<void>;
}
