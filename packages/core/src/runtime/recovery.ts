/** What a failure in the loop means for the tasks: a decision without I/O. */
import { ClientError, StreamsError } from '../errors.ts';
import type { UncaughtDecision, UncaughtHandler } from './options.ts';

export type Recovery =
  /** Another owner exists: drop everything uncommitted and join again. */
  | 'rejoin'
  /** Drop everything uncommitted, restore, go on from the last commit. */
  | 'replay'
  | UncaughtDecision;

/** @param failingMs how long failures go on without a successful commit between them */
export function decideRecovery(error: unknown, failingMs: number, giveUpMs: number, uncaught: UncaughtHandler): Recovery {
  if (error instanceof StreamsError && error.code === 'MR_TASK_LOST') return 'rejoin';
  if (error instanceof ClientError) {
    if (error.kind === 'fenced') return 'rejoin';
    if (error.kind !== 'fatal' && failingMs < giveUpMs) return 'replay';
  }
  return uncaught(error);
}

/** True for failures of brokers and of the membership: what was not committed is replayed by the next owner of the tasks, and nobody has anything to mend. */
export function isReplayed(error: unknown): boolean {
  if (error instanceof StreamsError && error.code === 'MR_TASK_LOST') return true;
  return error instanceof ClientError && error.kind !== 'fatal';
}

/** Failures in a row, without a success between them. */
export class FailureStreak {
  #count = 0;
  #sinceMs = 0;
  #lastMs = 0;

  get count(): number {
    return this.#count;
  }

  /**
   * One more. Returns how long the streak goes on, ms. A failure longer than `apartMs` after the one before begins a new streak: where there was nothing to do in between, there was
   * nothing to succeed either.
   */
  note(nowMs: number, apartMs: number): number {
    if (this.#count > 0 && nowMs - this.#lastMs > apartMs) this.#count = 0;
    if (this.#count === 0) this.#sinceMs = nowMs;
    this.#count++;
    this.#lastMs = nowMs;
    return nowMs - this.#sinceMs;
  }

  end(): void {
    this.#count = 0;
  }
}

const firstPauseMs = 100;
const longestPauseMs = 10_000;

/** Pause before the tasks are opened again, growing with failures in a row. */
export function pauseBeforeReplay(failures: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(20, Math.max(0, failures - 1)));
}
