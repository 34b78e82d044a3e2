/**
 * Punctuation schedules of one kind of time (S-168 … S-176). A schedule fires at most once a check; what it missed is skipped, and it stays aligned to its start.
 * Kafka Streams: `PunctuationQueue`, `PunctuationSchedule`.
 */
import { describeValue, type ErrorDetails, StreamsError } from '../errors.ts';
import { checkedElsewhere, checkOneOf, checkOptions, type OptionChecks } from '../option-checks.ts';
import type { Cancellable, PunctuationType, Punctuator, ScheduleOptions } from '../processor/processor.ts';
import { type Duration, parseDuration } from '../time.ts';
import { TimeHeap } from './time-heap.ts';

/** `timestamp`: when it is due next. */
export class Schedule implements Cancellable {
  timestamp: number;
  cancelled = false;
  readonly node: string;
  readonly intervalMs: number;
  readonly punctuate: Punctuator;

  constructor(node: string, dueMs: number, intervalMs: number, punctuate: Punctuator) {
    this.node = node;
    this.timestamp = dueMs;
    this.intervalMs = intervalMs;
    this.punctuate = punctuate;
  }

  cancel(): void {
    this.cancelled = true;
  }

  /** Moves behind `nowMs`, on the grid of its interval. */
  advance(nowMs: number): void {
    const next = this.timestamp + this.intervalMs;
    if (nowMs < next) {
      this.timestamp = next;
      return;
    }
    const missed = Math.floor((nowMs - this.timestamp) / this.intervalMs);
    this.timestamp += (missed + 1) * this.intervalMs;
  }
}

const punctuationTypes: readonly PunctuationType[] = ['stream', 'wall'];
const scheduleOptions: OptionChecks<ScheduleOptions> = { startMs: checkedElsewhere };

/**
 * The numbers of a schedule as a processor asks for it.
 *
 * @throws MR_ARGUMENT_INVALID for no function, no type of time or an option that there is not, and for an interval that is not whole milliseconds from 1 on, or such a start
 * before 1970.
 */
export function parseSchedule(
  interval: Duration,
  type: PunctuationType,
  punctuate: Punctuator,
  options: ScheduleOptions,
  details: ErrorDetails,
): { readonly intervalMs: number; readonly startMs: number | undefined } {
  checkOneOf(type, punctuationTypes, 'the type of a punctuation');
  checkOptions(options, scheduleOptions, 'a punctuation');
  const { startMs } = options;
  // JavaScript may pass anything, and it would show when the schedule is due.
  if (typeof punctuate !== 'function') {
    throw new StreamsError('MR_ARGUMENT_INVALID', `a punctuation needs a function to call, got ${describeValue(punctuate)}`, { details });
  }
  const intervalMs = parseDuration(interval);
  if (!(Number.isSafeInteger(intervalMs) && intervalMs >= 1)) {
    throw new StreamsError('MR_ARGUMENT_INVALID', `a punctuation interval must be whole milliseconds, at least 1, got ${interval}`, {
      details,
    });
  }
  if (startMs !== undefined && !(Number.isSafeInteger(startMs) && startMs >= 0)) {
    throw new StreamsError('MR_ARGUMENT_INVALID', `a punctuation must start at whole milliseconds since 1970, from 0 on, got ${startMs}`, {
      details,
    });
  }
  return { intervalMs, startMs };
}

/** `startMs` undefined: due at `dueMs`. One that lies before `nowMs` is moved behind it, on its grid, and not made up for. */
export function firstSchedule(
  node: string,
  startMs: number | undefined,
  dueMs: number,
  nowMs: number,
  intervalMs: number,
  punctuate: Punctuator,
): Schedule {
  const schedule = new Schedule(node, startMs ?? dueMs, intervalMs, punctuate);
  if (startMs !== undefined && startMs < nowMs) schedule.advance(nowMs);
  return schedule;
}

/** As a processor that starts again asks for it: what was due up to `nowMs`, the stream time of the last commit, has fired before the restart. */
export function schedulePastRestart(
  node: string,
  startMs: number | undefined,
  nowMs: number,
  intervalMs: number,
  punctuate: Punctuator,
): Schedule {
  const schedule = new Schedule(node, startMs ?? 0, intervalMs, punctuate);
  if (schedule.timestamp <= nowMs) schedule.advance(nowMs);
  return schedule;
}

export class PunctuationQueue {
  readonly #heap = new TimeHeap<Schedule>();

  add(schedule: Schedule): Schedule {
    this.#heap.push(schedule);
    return schedule;
  }

  /** When the next one is due, cancelled ones aside; `Infinity` if none. */
  get nextDueMs(): number {
    const heap = this.#heap;
    let top = heap.peek();
    while (top !== undefined && top.cancelled) {
      heap.pop();
      top = heap.peek();
    }
    return top === undefined ? Number.POSITIVE_INFINITY : top.timestamp;
  }

  /** Fires what is due at `nowMs` and returns how many fired. `fire` runs the callback. */
  run(nowMs: number, fire: (schedule: Schedule, nowMs: number) => void): number {
    const heap = this.#heap;
    let fired = 0;
    for (let top = heap.peek(); top !== undefined && top.timestamp <= nowMs; top = heap.peek()) {
      heap.pop();
      if (top.cancelled) continue;
      fire(top, nowMs);
      fired++;
      // The callback itself may have cancelled it.
      if (top.cancelled) continue;
      top.advance(nowMs);
      heap.push(top);
    }
    return fired;
  }

  clear(): void {
    this.#heap.clear();
  }
}
