/**
 * Windows of a fixed size that begin at multiples of their advance since 1970: tumbling (advance equals size) and hopping. `[start, end)`.
 * Kafka Streams: `TimeWindows` (WI-01).
 */
import { StreamsError } from '../errors.ts';
import { checkedElsewhere, checkOptions, type OptionChecks } from '../option-checks.ts';
import type { Duration } from '../time.ts';
import { windowDuration } from './window-duration.ts';

export interface TimeWindowsOptions {
  /** At least 1 ms. */
  readonly size: Duration;
  /** From one window's start to the next one's: above 0, at most the size. @default the size, so that windows do not overlap */
  readonly advance?: Duration | undefined;
  /** How long after its end, in stream time, a window still takes late records. @default 0 */
  readonly grace?: Duration | undefined;
}

const timeWindowsOptions: OptionChecks<TimeWindowsOptions> = { size: checkedElsewhere, advance: checkedElsewhere, grace: checkedElsewhere };

export class TimeWindows {
  readonly kind = 'time';
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;

  /** @internal */
  constructor(sizeMs: number, advanceMs: number, graceMs: number) {
    this.sizeMs = sizeMs;
    this.advanceMs = advanceMs;
    this.graceMs = graceMs;
  }

  /** Start of the first window that contains the time; the others follow by the advance, up to the time itself. */
  firstStart(timestamp: number): number {
    const earliest = Math.max(0, timestamp - this.sizeMs + this.advanceMs);
    return earliest - (earliest % this.advanceMs);
  }

  /** Start of the last window that contains the time. */
  lastStart(timestamp: number): number {
    return timestamp - (timestamp % this.advanceMs);
  }
}

/**
 * Tumbling or hopping windows.
 *
 * @throws MR_ARGUMENT_INVALID for a size below 1 ms, an advance that is not above 0 and at most the size, a negative grace.
 */
export function timeWindows(options: TimeWindowsOptions): TimeWindows {
  checkOptions(options, timeWindowsOptions, 'timeWindows');
  const sizeMs = windowDuration(options.size, 'the size of windows', 1);
  const advanceMs = options.advance === undefined ? sizeMs : windowDuration(options.advance, 'the advance of windows', 1);
  if (advanceMs > sizeMs) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `the advance of windows (${advanceMs} ms) must not be larger than their size (${sizeMs} ms)`,
    );
  }
  return Object.freeze(new TimeWindows(sizeMs, advanceMs, graceOf(options.grace)));
}

/** @throws MR_ARGUMENT_INVALID for a negative grace. */
export function graceOf(grace: Duration | undefined): number {
  return grace === undefined ? 0 : windowDuration(grace, 'the grace of windows', 0);
}
