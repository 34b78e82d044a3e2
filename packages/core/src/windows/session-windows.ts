/**
 * Sessions: records of a key that follow each other within a gap. `[first, last]`, both included; a record within the gap of two sessions makes them one.
 * Kafka Streams: `SessionWindows` (WI-03).
 */
import { checkedElsewhere, checkOptions, type OptionChecks } from '../option-checks.ts';
import type { Duration } from '../time.ts';
import { graceOf } from './time-windows.ts';
import { windowDuration } from './window-duration.ts';

export interface SessionWindowsOptions {
  /** The longest time without a record inside a session; exactly so long still belongs to it. 0 is accepted, as by Kafka Streams. */
  readonly gap: Duration;
  /** How long after gap and end, in stream time, a session still takes late records. @default 0 */
  readonly grace?: Duration | undefined;
}

const sessionWindowsOptions: OptionChecks<SessionWindowsOptions> = { gap: checkedElsewhere, grace: checkedElsewhere };

export class SessionWindows {
  readonly kind = 'session';
  readonly gapMs: number;
  readonly graceMs: number;

  /** @internal */
  constructor(gapMs: number, graceMs: number) {
    this.gapMs = gapMs;
    this.graceMs = graceMs;
  }
}

/** @throws MR_ARGUMENT_INVALID for a negative gap or grace. */
export function sessionWindows(options: SessionWindowsOptions): SessionWindows {
  checkOptions(options, sessionWindowsOptions, 'sessionWindows');
  const gapMs = windowDuration(options.gap, 'the gap of sessions', 0);
  return Object.freeze(new SessionWindows(gapMs, graceOf(options.grace)));
}
