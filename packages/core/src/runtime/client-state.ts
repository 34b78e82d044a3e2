/** The states of an application instance and the moves between them. Kafka Streams: `KafkaStreams.State`. */
import { StreamsError } from '../errors.ts';

export type ClientState = 'CREATED' | 'REBALANCING' | 'RUNNING' | 'PENDING_SHUTDOWN' | 'NOT_RUNNING' | 'PENDING_ERROR' | 'ERROR';

export type StateListener = (state: ClientState, previous: ClientState) => void;

const moves: Readonly<Record<ClientState, readonly ClientState[]>> = {
  CREATED: ['REBALANCING', 'PENDING_SHUTDOWN'],
  REBALANCING: ['RUNNING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  RUNNING: ['REBALANCING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  // A failure while closing ends as an error, so that nobody takes it for a clean stop.
  PENDING_SHUTDOWN: ['NOT_RUNNING', 'PENDING_ERROR'],
  PENDING_ERROR: ['ERROR'],
  NOT_RUNNING: [],
  ERROR: [],
};

export class ClientStateMachine {
  #state: ClientState = 'CREATED';
  readonly #listener: StateListener;

  /** `listener` is called after every change; what it throws is its caller's to handle. */
  constructor(listener: StateListener) {
    this.#listener = listener;
  }

  get state(): ClientState {
    return this.#state;
  }

  canMoveTo(next: ClientState): boolean {
    return moves[this.#state].includes(next);
  }

  /** Staying is no move. @throws MR_INVARIANT for a move that does not exist */
  moveTo(next: ClientState): void {
    const previous = this.#state;
    if (previous === next) return;
    if (!this.canMoveTo(next))
      throw new StreamsError('MR_INVARIANT', `an instance cannot go from ${previous} to ${next}`, {
        details: { from: previous, to: next },
      });
    this.#state = next;
    this.#listener(next, previous);
  }
}
