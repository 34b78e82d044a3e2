/**
 * Heartbeats by timer, whatever the application is doing. They tell of a rebalance, of a membership that is lost, and notice two things that nobody else
 * would: an event loop that was blocked for longer than the session, and a processing loop that makes no progress.
 */
import { ClientError, type GroupMetadata, type Timer } from '@millrace/core/kafka';
import { backoffMs } from '../backoff.ts';
import type { Cluster } from '../cluster.ts';
import { asClientError, textOf } from '../failure.ts';
import * as spoken from '../spoken-versions.ts';
import type { CoordinatorCalls } from './coordinator-calls.ts';

export interface HeartbeatEvents {
  /** The group prepares another generation. */
  rebalance(): void;
  /** The coordinator knows the member, or its generation, no more. */
  lost(error: ClientError): void;
  /** Called at every beat, before it is sent; `lateMs` is how long the event loop held it up. Returns false if the member is about to leave. */
  beforeBeat(nowMs: number, lateMs: number): boolean;
}

export interface HeartbeatOptions {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

const rebalanceInProgress = 27;

export class Heartbeats {
  readonly #cluster: Cluster;
  readonly #calls: CoordinatorCalls;
  readonly #options: HeartbeatOptions;
  readonly #events: HeartbeatEvents;
  #session: GroupMetadata | undefined;
  #timer: Timer | undefined;
  #dueAtMs = 0;
  #answeredAtMs = 0;
  #failures = 0;
  #blockedMs = 0;

  constructor(cluster: Cluster, calls: CoordinatorCalls, options: HeartbeatOptions, events: HeartbeatEvents) {
    this.#cluster = cluster;
    this.#calls = calls;
    this.#options = options;
    this.#events = events;
  }

  /** Longest time that the event loop was blocked since the session began, as far as it cost heartbeats; 0 if it was not. */
  get blockedMs(): number {
    return this.#blockedMs;
  }

  /** Begins a session: the coordinator has just heard of the member. */
  start(session: GroupMetadata): void {
    this.stop();
    this.#session = session;
    this.#answeredAtMs = this.#cluster.clock.monotonic();
    this.#failures = 0;
    this.#blockedMs = 0;
    this.#schedule(this.#options.heartbeatIntervalMs);
  }

  stop(): void {
    this.#session = undefined;
    this.#timer?.cancel();
  }

  #schedule(delayMs: number): void {
    this.#dueAtMs = this.#cluster.clock.monotonic() + delayMs;
    this.#timer = this.#cluster.clock.setTimer(() => void this.#beat(), delayMs);
  }

  /** Never rejects. */
  async #beat(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const startedAtMs = this.#cluster.clock.monotonic();
    const lateMs = startedAtMs - this.#dueAtMs;
    this.#noteDelay(startedAtMs, lateMs);
    if (!this.#events.beforeBeat(startedAtMs, lateMs)) return;
    const { heartbeatIntervalMs, sessionTimeoutMs } = this.#options;
    const { groupId, generation, memberId, instanceId } = session;
    let delayMs = heartbeatIntervalMs;
    try {
      const { node, response } = await this.#calls.call(
        'control',
        spoken.heartbeat,
        { groupId, generationId: generation, memberId, groupInstanceId: instanceId },
        // A coordinator that hangs must leave time for another try within the session.
        // Not given up when the session ends: that would cost the connection, which others use too.
        { timeoutMs: Math.max(heartbeatIntervalMs, sessionTimeoutMs / 3) },
      );
      if (this.#session !== session) return;
      const code = response.errorCode;
      if (code !== 0 && code !== rebalanceInProgress) throw this.#calls.failure(code, 'A heartbeat', node);
      this.#failures = 0;
      this.#answeredAtMs = startedAtMs;
      if (code === rebalanceInProgress) this.#events.rebalance();
    } catch (error) {
      if (this.#session !== session) return;
      const failure = asClientError(error, 'A heartbeat');
      if (failure.kind !== 'retriable') {
        this.stop();
        this.#events.lost(failure);
        return;
      }
      this.#failures++;
      delayMs = Math.min(heartbeatIntervalMs, backoffMs(this.#cluster.context, this.#failures));
      this.#cluster.context.log.debug('A heartbeat was not answered', { groupId, error: failure.message, failures: this.#failures });
    }
    if (this.#session !== session) return;
    const sentAgoMs = this.#cluster.clock.monotonic() - startedAtMs;
    this.#schedule(this.#failures > 0 ? delayMs : Math.max(0, delayMs - sentAgoMs));
  }

  /** A timer that fires late means that something synchronous held the event loop. */
  #noteDelay(nowMs: number, lateMs: number): void {
    const silentMs = nowMs - this.#answeredAtMs;
    const { sessionTimeoutMs, heartbeatIntervalMs } = this.#options;
    if (silentMs <= sessionTimeoutMs || lateMs <= heartbeatIntervalMs) return;
    this.#blockedMs = Math.max(this.#blockedMs, lateMs);
    this.#cluster.context.log.error(
      'The event loop was blocked for longer than the session: no heartbeat could be sent, and the group may have gone on without this member',
      { groupId: this.#calls.groupId, blockedMs: lateMs, sessionTimeoutMs },
    );
  }
}

/** Adds to the error of a lost membership what the member knows of the reason. */
export function explainLoss(error: ClientError, blockedMs: number, sessionTimeoutMs: number): ClientError {
  if (blockedMs === 0) return error;
  return new ClientError(
    error.kind,
    `${textOf(error)}; the event loop was blocked for ${Math.round(blockedMs)} ms with a session timeout of ${sessionTimeoutMs} ms: make the synchronous call shorter or the timeout longer`,
    { details: { ...error.details, blockedMs, sessionTimeoutMs }, cause: error, kafkaCode: error.kafkaCode },
  );
}
