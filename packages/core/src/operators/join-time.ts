/**
 * What the two sides of a stream-stream join know together: the largest timestamp on either side, and from when on the next unmatched record may have to be emitted.
 * Both are kept over restarts. Kafka Streams: `KStreamImplJoin.TimeTracker`.
 */
import type { OperatorContext } from '../processor/processor.ts';
import { OperatorTime } from './operator-time.ts';

export class JoinTime extends OperatorTime {
  /** Time of the parked record that was looked at last, or of an earlier one parked since; Infinity if nothing was found parked. */
  minParked: number;
  readonly #context: OperatorContext<never, never>;
  /** Wall clock before which nothing is emitted again. */
  #nextEmission = 0;

  /** `name` tells it apart from other times of the task. */
  constructor(context: OperatorContext<never, never>, name: string, hasParked: boolean) {
    super(context, `${name}/time`);
    this.#context = context;
    const kept = context.keepTime(`${name}/parked-time`, () => (this.minParked === Infinity ? -1 : this.minParked));
    // Where records are parked but the time was not kept, -1 has them looked for soon.
    this.minParked = kept < 0 && !hasParked ? Infinity : kept;
  }

  noteParked(timestamp: number): void {
    if (timestamp < this.minParked) this.minParked = timestamp;
  }

  /** Whether unmatched records may be looked for now: not oftener than the emission interval, since looking is dear. */
  emissionDue(): boolean {
    const now = this.#context.currentSystemTimeMs;
    if (now < this.#nextEmission) return false;
    this.#nextEmission = now + this.#context.emitIntervalMs;
    return true;
  }
}

/**
 * Hands the time from the side that opens first to the other one of the same task; both open one right after the other. Nothing of a task that was lost stays behind.
 */
export class JoinTimes {
  readonly #name: string;
  #opened: JoinTime | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** `hasParked`: records of an earlier run are parked. */
  open(context: OperatorContext<never, never>, opensFirst: boolean, hasParked: boolean): JoinTime {
    const time = opensFirst ? new JoinTime(context, this.#name, hasParked) : this.#opened;
    this.#opened = opensFirst ? time : undefined;
    // The side that opens first stands first in the topology, which is opened in its order.
    return time as JoinTime;
  }
}
