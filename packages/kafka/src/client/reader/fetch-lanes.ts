/**
 * The connections to one node over which a reader fetches, each with one fetch in flight at most. A long poll of partitions that are read up to their
 * end holds the `idle` lane, so that the next fetch of a partition that has more, on the `busy` lane, never waits behind it.
 */
import type { ReaderOptions } from '@millrace/core/kafka';
import type { Channel } from '../../wire/wire-port.ts';

export interface Lane {
  readonly channel: Channel;
  isTaken: boolean;
}

export class FetchLanes {
  readonly busy: Lane;
  readonly idle: Lane;
  /** Nothing is sent to the node before this point of the monotonic clock. */
  retryAtMs: number = -Infinity;
  /** Fetches in a row that the node did not answer. */
  failures = 0;

  constructor(role: ReaderOptions['role']) {
    const [busy, idle] = channelsOf[role];
    this.busy = { channel: busy, isTaken: false };
    this.idle = { channel: idle, isTaken: false };
  }
}

const channelsOf: Readonly<Record<ReaderOptions['role'], readonly [busy: Channel, idle: Channel]>> = {
  main: ['fetch', 'fetch-idle'],
  restore: ['restore', 'restore-idle'],
  global: ['global', 'global-idle'],
};
