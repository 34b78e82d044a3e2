/** The seam between the Kafka client and what carries its bytes. */
export { ConnectionWire } from './connection-wire.ts';
export type { Address, Connector, Link, LinkOpening } from './link.ts';
export { commonVersion, readNodeVersions, requireVersion } from './versions.ts';
export { WireError, wireErrorCodes, type WireErrorCode, type WireErrorKind, type WireErrorOptions } from './wire-error.ts';
export {
  channels,
  type Channel,
  type NodeAddress,
  type NodeSelector,
  type NodeVersions,
  type VersionRange,
  type WireContext,
  type WireFactory,
  type WirePort,
  type WireRequestOptions,
} from './wire-port.ts';
