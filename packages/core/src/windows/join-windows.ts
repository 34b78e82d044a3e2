/**
 * Which records of two streams meet: the other side's timestamp lies between this one's less `beforeMs` and this one's plus `afterMs`, both included.
 * Kafka Streams: `JoinWindows` (WI-04).
 */
import { checkedElsewhere, checkOptions, type OptionChecks } from '../option-checks.ts';
import { StreamsError } from '../errors.ts';
import { type Duration, parseDuration } from '../time.ts';
import { graceOf } from './time-windows.ts';

export interface JoinWindowsOptions {
  /** The largest distance of the two records, in both directions. */
  readonly difference: Duration;
  /** How much earlier the other record may be; negative: how much later it must be. @default the difference */
  readonly before?: Duration | undefined;
  /** How much later the other record may be; negative: how much earlier it must be. @default the difference */
  readonly after?: Duration | undefined;
  /** How long, in stream time, late records are still joined. @default 0 */
  readonly grace?: Duration | undefined;
}

const joinWindowsOptions: OptionChecks<JoinWindowsOptions> = {
  difference: checkedElsewhere,
  before: checkedElsewhere,
  after: checkedElsewhere,
  grace: checkedElsewhere,
};

export class JoinWindows {
  readonly kind = 'join';
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly graceMs: number;

  /** @internal */
  constructor(beforeMs: number, afterMs: number, graceMs: number) {
    this.beforeMs = beforeMs;
    this.afterMs = afterMs;
    this.graceMs = graceMs;
  }

  /** Width of the window, both bounds counted once. */
  get sizeMs(): number {
    return this.beforeMs + this.afterMs;
  }
}

/** @throws MR_ARGUMENT_INVALID if before and after together are negative, or the grace is. */
export function joinWindows(options: JoinWindowsOptions): JoinWindows {
  checkOptions(options, joinWindowsOptions, 'joinWindows');
  const { difference } = options;
  const beforeMs = wholeMs(options.before ?? difference, 'before');
  const afterMs = wholeMs(options.after ?? difference, 'after');
  if (beforeMs + afterMs < 0) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `before (${beforeMs} ms) and after (${afterMs} ms) of join windows must not be negative together: no two records would meet`,
    );
  }
  return Object.freeze(new JoinWindows(beforeMs, afterMs, graceOf(options.grace)));
}

/** One of the two may be negative. */
function wholeMs(duration: Duration, what: string): number {
  const ms = parseDuration(duration);
  if (!Number.isSafeInteger(ms))
    throw new StreamsError('MR_ARGUMENT_INVALID', `${what} of join windows must be whole milliseconds, got ${duration}`);
  return ms;
}
