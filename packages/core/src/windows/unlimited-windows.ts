/** One window that begins at a time and never ends. Earlier records belong to no window. Kafka Streams: `UnlimitedWindows` (WI-05). */
import { checkedElsewhere, checkOptions, type OptionChecks } from '../option-checks.ts';
import { windowDuration } from './window-duration.ts';

export interface UnlimitedWindowsOptions {
  /** Milliseconds since 1970. @default 0 */
  readonly start?: number | undefined;
}

const unlimitedWindowsOptions: OptionChecks<UnlimitedWindowsOptions> = { start: checkedElsewhere };

export class UnlimitedWindows {
  readonly kind = 'unlimited';
  readonly startMs: number;
  readonly sizeMs: number = Number.POSITIVE_INFINITY;
  readonly advanceMs: number = Number.POSITIVE_INFINITY;
  readonly graceMs: number = 0;

  /** @internal */
  constructor(startMs: number) {
    this.startMs = startMs;
  }

  /** As of {@link TimeWindows}: the window's start, which lies behind the time of a record that is too early for it. */
  firstStart(_timestamp: number): number {
    return this.startMs;
  }

  lastStart(_timestamp: number): number {
    return this.startMs;
  }
}

/** @throws MR_ARGUMENT_INVALID for a negative start. */
export function unlimitedWindows(options: UnlimitedWindowsOptions = {}): UnlimitedWindows {
  checkOptions(options, unlimitedWindowsOptions, 'unlimitedWindows');
  const { start } = options;
  return Object.freeze(new UnlimitedWindows(start === undefined ? 0 : windowDuration(start, 'the start of an unlimited window', 0)));
}
