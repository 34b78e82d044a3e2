/** What every part of the client shares: time, chance, log and the patience it has with brokers. */
import type { Clock, Logger } from '@millrace/core/kafka';

export interface ClientContext {
  readonly clientId: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to below 1; for jitter and for the choice of a node. */
  readonly random: () => number;
  /** First pause between two attempts, doubled with each further one. */
  readonly retryBackoffMs: number;
  /** Longest pause between two attempts. */
  readonly retryBackoffMaxMs: number;
  /** Longest wait for one answer, beyond what the request itself asks the broker to wait. */
  readonly requestTimeoutMs: number;
  /** Longest time that an operation of several attempts takes. */
  readonly operationTimeoutMs: number;
}

/** Defaults of the times, as of Kafka's own clients: `retry.backoff.ms`, `retry.backoff.max.ms`, `request.timeout.ms`, `default.api.timeout.ms`. */
export const defaultTimes = {
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1_000,
  requestTimeoutMs: 30_000,
  operationTimeoutMs: 60_000,
} as const;
