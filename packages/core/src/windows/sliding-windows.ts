/**
 * Windows around records: one for every set of records that lie at most `difference` apart. `[start, end]`, both included, aligned to the records.
 * Kafka Streams: `SlidingWindows` (WI-02).
 */
import { checkedElsewhere, checkOptions, type OptionChecks } from '../option-checks.ts';
import type { Duration } from '../time.ts';
import { graceOf } from './time-windows.ts';
import { windowDuration } from './window-duration.ts';

export interface SlidingWindowsOptions {
  /** The largest distance of two records in a window. */
  readonly difference: Duration;
  /** How long after its end, in stream time, a window still takes late records. @default 0 */
  readonly grace?: Duration | undefined;
}

const slidingWindowsOptions: OptionChecks<SlidingWindowsOptions> = { difference: checkedElsewhere, grace: checkedElsewhere };

export class SlidingWindows {
  readonly kind = 'sliding';
  readonly differenceMs: number;
  readonly graceMs: number;

  /** @internal */
  constructor(differenceMs: number, graceMs: number) {
    this.differenceMs = differenceMs;
    this.graceMs = graceMs;
  }
}

/** @throws MR_ARGUMENT_INVALID for a negative difference or grace. */
export function slidingWindows(options: SlidingWindowsOptions): SlidingWindows {
  checkOptions(options, slidingWindowsOptions, 'slidingWindows');
  const differenceMs = windowDuration(options.difference, 'the difference of sliding windows', 0);
  return Object.freeze(new SlidingWindows(differenceMs, graceOf(options.grace)));
}
